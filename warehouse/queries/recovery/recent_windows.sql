-- The windows of streams of $source that have not ended, of a day at most, oldest first.

SELECT w.* FROM windows w JOIN streams s USING (stream_id)
WHERE s.ended_at IS NULL AND s.source = $source
QUALIFY row_number() OVER (PARTITION BY w.channel ORDER BY w.start DESC) <= 2880
ORDER BY w.channel, w.start;
