-- Sums of forecast scores of the days from $since on, to be added to after a restart.

FROM forecast_scores WHERE day >= $since ORDER BY ALL;
