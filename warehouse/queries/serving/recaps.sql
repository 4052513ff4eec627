-- The last ended stream of each channel of $source, in short: messages, and the mean mood
-- weighted by them; of one that was read by two bases, by the one that has more of them.
-- signed: messages that say something.

FROM (
    FROM (
        FROM streams WHERE ended_at IS NOT NULL AND source = $source
        QUALIFY row_number() OVER (PARTITION BY channel ORDER BY started_at DESC) = 1
    ) s JOIN windows w ON w.stream_id = s.stream_id AND w.start < s.ended_at
    SELECT s.channel, s.title, s.started_at, s.ended_at, w.basis,
        sum(w.n_messages)::BIGINT AS n, coalesce(sum(w.n_messages * w.share_scored), 0) AS signed,
        sum(w.n_messages * w.mean_compound) / sum(w.n_messages) AS mood
    GROUP BY ALL HAVING sum(w.n_messages) > 0
)
QUALIFY row_number() OVER (PARTITION BY channel ORDER BY n DESC, basis DESC) = 1;
