-- Windows of blocks of time, by channel and start: $block_channel, $block_at are lists of equal
-- length, a block each. A block begins at its time and lasts $length_s seconds; windows within
-- $before_s seconds before it and $after_s after it are told too. [$since, $until) holds them all.
-- n: messages. n_read and weighted (their number times their mean mood): of a window that was read by
-- $basis, else 0. observed_s: 0 to 30. What has no row was not observed.

WITH blocks AS (
    SELECT unnest($block_channel::VARCHAR[]) AS channel, unnest($block_at::TIMESTAMP[]) AS begins
), wanted AS (
    SELECT DISTINCT channel, begins + to_seconds(30 * k) AS start
    FROM blocks, (SELECT unnest(range(
        -($before_s::BIGINT // 30), ($length_s::BIGINT + $after_s::BIGINT) // 30)) AS k)
)
-- by channel first: so few names that files skip what lies between them in the alphabet
FROM windows
    SEMI JOIN (SELECT DISTINCT channel FROM blocks) USING (channel)
    SEMI JOIN wanted USING (channel, start)
SELECT channel, start, coalesce(stream_id, '') AS stream_id, observed_s, n_messages AS n,
    CASE WHEN basis = $basis THEN n_messages ELSE 0 END AS n_read,
    CASE WHEN basis = $basis AND n_messages > 0 THEN n_messages * mean_compound ELSE 0 END AS weighted
WHERE start >= $since AND start < $until
ORDER BY channel, start;
