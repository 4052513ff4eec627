-- Streams of $source that have not ended, with their last committed window.

SELECT s.*, w.last_start, w.last_message
FROM streams s
LEFT JOIN (
    SELECT stream_id, max(start) AS last_start,
        max(start) FILTER (n_messages > 0) AS last_message
    FROM windows GROUP BY stream_id
) w USING (stream_id)
WHERE s.ended_at IS NULL AND s.source = $source
ORDER BY s.channel, s.started_at;
