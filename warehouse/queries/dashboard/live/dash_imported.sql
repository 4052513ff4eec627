-- Channels with imported streams, that with the most messages first: streams, those without a date
-- and those laid where they were free, the span of all that have one, the newest stream; messages
-- of the channel, those filtered, and the seconds that were covered; its mean mood, of the basis
-- that has more messages (n_basis; signed: those of them that say something).

WITH logs AS (
    FROM streams
    SELECT channel, count(*)::INTEGER AS streams,
        (count(*) FILTER (undated))::INTEGER AS undated,
        (count(*) FILTER (placed))::INTEGER AS placed,
        min(started_at) FILTER (undated IS NOT TRUE) AS first_at,
        max(coalesce(ended_at, started_at)) FILTER (undated IS NOT TRUE) AS last_at,
        max(started_at) AS newest_at, arg_max(stream_id, started_at) AS newest
    WHERE source = 'import'
    GROUP BY channel
), chat AS (
    FROM window_hours
    SELECT channel, basis, sum(n_messages)::BIGINT AS n, sum(n_filtered)::BIGINT AS filtered,
        sum(sum_scored) AS signed, sum(sum_mean) / nullif(sum(n_messages), 0) AS mean,
        sum(observed_s) AS observed_s
    GROUP BY channel, basis
), sums AS (
    FROM chat
    SELECT channel, sum(n)::BIGINT AS n, sum(filtered)::BIGINT AS filtered,
        arg_max(basis, (n, basis)) AS basis, max(n)::BIGINT AS n_basis,
        arg_max(signed, (n, basis)) AS signed, arg_max(mean, (n, basis)) AS mean,
        sum(observed_s) AS observed_s
    GROUP BY channel
)
FROM logs JOIN sums USING (channel) LEFT JOIN channels USING (channel)
SELECT channel, display_name, readable, streams, undated, placed, first_at, last_at, newest_at,
    newest, n, filtered, basis, n_basis, signed, mean, observed_s
ORDER BY n DESC, channel;
