-- The two newest streams of each channel of $source, with their last committed window.

WITH s AS (
    FROM streams WHERE source = $source
    QUALIFY row_number() OVER (PARTITION BY channel ORDER BY started_at DESC, stream_id) <= 2
)
SELECT s.*, max(w.start) AS last_start,
    max(w.start) FILTER (w.n_messages > 0) AS last_message
FROM s LEFT JOIN windows w ON w.channel = s.channel AND w.stream_id = s.stream_id
GROUP BY ALL
ORDER BY channel, started_at, stream_id;
