-- Delete forecasts of channels of $source that were made after $now.

DELETE FROM forecasts
WHERE cutoff > $now AND channel IN (SELECT channel FROM channels WHERE source = $source);
