-- Mood of channels before and after some moments: $place_channel, $place_at are lists of equal
-- length, a moment each; all windows in the $reach_s seconds to either side, of one stream or not.
-- The window that holds a moment counts for neither side. A row a moment (its place in the lists,
-- from 0) and side; [$since, $until) holds them all.
-- Of windows that were read by $basis alone.

WITH places AS (
    SELECT unnest($place_channel::VARCHAR[]) AS channel,
        time_bucket(INTERVAL 30 SECOND, unnest($place_at::TIMESTAMP[])) AS own,
        unnest(range(len($place_at::TIMESTAMP[]))) AS place
), wanted AS (
    SELECT place, channel, own, own + to_seconds(30 * k) AS start, k > 0 AS after
    FROM places, (SELECT unnest(range(-($reach_s::BIGINT // 30), $reach_s::BIGINT // 30 + 1)) AS k)
    WHERE k <> 0
)
SELECT place::INTEGER AS place, after, sum(n_messages)::BIGINT AS n,
    sum(n_messages * mean_compound) AS weighted,
    coalesce(sum((n_messages - 1) * sd_compound ** 2), 0)
        + coalesce(sum(n_messages * mean_compound ** 2), 0) AS squares
FROM windows JOIN wanted USING (channel, start)
WHERE start >= $since AND start < $until AND n_messages > 0 AND basis = $basis
GROUP BY ALL
ORDER BY place, after;
