-- The last $limit streams of $channel that began before $before, newest first, a row each and
-- basis: their messages, mean mood over all messages, messages a minute observed, share of observed windows
-- that were silent. A window belongs to the stream it names. Streams nobody spoke in are left out.

WITH past AS (
    SELECT stream_id, started_at FROM streams
    WHERE channel = $channel AND started_at < $before
    ORDER BY started_at DESC, stream_id
    LIMIT $limit
)
SELECT p.stream_id, p.started_at, w.basis, sum(w.n_messages)::BIGINT AS n,
    sum(w.n_messages * w.mean_compound) / sum(w.n_messages) AS mean,
    sum(w.n_messages) * 60 / nullif(sum(w.observed_s), 0) AS rate,
    count(*) FILTER (w.n_messages = 0 AND w.observed_s > 0)
        / nullif(count(*) FILTER (w.observed_s > 0 OR w.n_messages > 0), 0) AS silent
FROM past p JOIN windows w USING (stream_id)
WHERE w.channel = $channel AND w.start < $before
    AND w.start >= (SELECT min(started_at) - INTERVAL 1 MINUTE FROM past)
GROUP BY ALL HAVING sum(w.n_messages) > 0
ORDER BY p.started_at DESC, p.stream_id, w.basis;
