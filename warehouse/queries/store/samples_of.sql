-- Starts of the windows of $channel that have published lines.

SELECT DISTINCT start FROM samples WHERE channel = $channel ORDER BY start;
