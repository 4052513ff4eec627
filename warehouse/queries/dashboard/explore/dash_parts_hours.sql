-- dash_parts for long spans, from the hours' sums: an hour counts for the part that holds its
-- beginning, or that begins within it where none does. $part_channel, $part_since, $part_until:
-- lists of equal length, a part each; [$since, $until): full hours.
-- Of windows that were read by $basis alone.

WITH parts AS (
    SELECT unnest($part_channel::VARCHAR[]) AS channel,
        date_trunc('hour', unnest($part_since::TIMESTAMP[])) AS part_since,
        unnest($part_until::TIMESTAMP[]) AS part_until,
        unnest(range(len($part_channel::VARCHAR[]))) AS part
)
SELECT p.part::INTEGER AS part, sum(windows)::INTEGER AS windows, sum(observed_s) AS observed_s,
    sum(n_messages)::BIGINT AS n, sum(sum_mean) AS weighted,
    sum(sum_within) + sum(sum_square) AS squares
FROM (
    FROM window_hours WHERE channel IN (SELECT unnest($part_channel::VARCHAR[]))
        AND hour >= $since AND hour < $until AND basis = $basis
) w
ASOF JOIN parts p ON w.channel = p.channel AND w.hour >= p.part_since
WHERE w.hour < p.part_until
GROUP BY p.part
ORDER BY p.part;
