-- Mood and activity of parts of streams: $part_channel, $part_since, $part_until are lists of
-- equal length, a part each; parts of one channel do not overlap. A row a part (its place in the
-- lists, from 0) with windows in [$since, $until).
-- squares: sum over its messages of their squared distance from zero, as sd needs it.
-- Of windows that were read by $basis alone.

WITH parts AS (
    SELECT unnest($part_channel::VARCHAR[]) AS channel,
        unnest($part_since::TIMESTAMP[]) AS part_since,
        unnest($part_until::TIMESTAMP[]) AS part_until,
        unnest(range(len($part_channel::VARCHAR[]))) AS part
)
SELECT p.part::INTEGER AS part, count(*)::INTEGER AS windows, sum(observed_s) AS observed_s,
    sum(n_messages)::BIGINT AS n,
    coalesce(sum(n_messages * mean_compound), 0) AS weighted,
    coalesce(sum((n_messages - 1) * sd_compound ** 2), 0)
        + coalesce(sum(n_messages * mean_compound ** 2), 0) AS squares
FROM (
    FROM windows WHERE channel IN (SELECT unnest($part_channel::VARCHAR[]))
        AND start >= $since AND start < $until AND basis = $basis
) w
ASOF JOIN parts p ON w.channel = p.channel AND w.start >= p.part_since
WHERE w.start < p.part_until
GROUP BY p.part
ORDER BY p.part;
