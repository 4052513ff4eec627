-- Forecasts that $model made at cutoffs from $since on, oldest first.

FROM forecasts
WHERE cutoff >= $since AND model = $model
ORDER BY channel, cutoff;
