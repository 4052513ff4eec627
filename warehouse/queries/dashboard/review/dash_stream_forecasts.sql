-- What was forecast for the next 30 s of $channel at every cutoff in [$since, $until), oldest first.
-- Where several models forecast, the one that serves wins, then any that is not a plain baseline.

SELECT f.cutoff, f.basis, f.model, f.q10[1] AS q10, f.q50[1] AS q50, f.q90[1] AS q90
FROM forecasts f LEFT JOIN models m USING (model)
WHERE f.channel = $channel AND f.cutoff >= $since AND f.cutoff < $until
QUALIFY row_number() OVER (
    PARTITION BY f.cutoff
    ORDER BY m.status = 'serving' DESC NULLS LAST,
        f.model IN ('last_value', 'session_mean', 'ewma'), f.model
) = 1
ORDER BY f.cutoff;
