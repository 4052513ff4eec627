-- Forecasts of channels of $source that were made after $now: by a clock gone wrong.

SELECT channel, cutoff, model FROM forecasts
WHERE cutoff > $now AND channel IN (SELECT channel FROM channels WHERE source = $source)
ORDER BY ALL;
