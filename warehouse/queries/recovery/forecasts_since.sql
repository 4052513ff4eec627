-- The medians and bands that $model forecast at cutoffs from $since on, oldest first.

SELECT channel, basis, cutoff, q025, q10, q50, q90, q975, volume_q50 FROM forecasts
WHERE cutoff >= $since AND model = $model
ORDER BY channel, cutoff;
