-- The last ended stream of each channel of $source, in short, from the hours' sums: messages, and
-- the mean mood weighted by them, of the basis that has more of them; signed: those of them that
-- say something. An hour that two streams of a channel share counts for both.

WITH last AS (
    FROM streams WHERE ended_at IS NOT NULL AND source = $source
    QUALIFY row_number() OVER (PARTITION BY channel ORDER BY started_at DESC) = 1
)
SELECT s.channel, s.title, s.started_at, s.ended_at, h.basis,
    sum(h.n_messages)::BIGINT AS n, sum(h.sum_scored) AS signed, sum(h.sum_mean) / sum(h.n_messages) AS mood
FROM last s JOIN window_hours h
    ON h.channel = s.channel AND h.hour >= date_trunc('hour', s.started_at) AND h.hour < s.ended_at
WHERE h.hour >= (SELECT date_trunc('hour', min(started_at)) FROM last)
GROUP BY s.channel, s.title, s.started_at, s.ended_at, h.basis
HAVING sum(h.n_messages) > 0
QUALIFY row_number() OVER (PARTITION BY s.channel ORDER BY sum(h.n_messages) DESC, h.basis DESC) = 1;
