-- Mood and activity of $channels (a list) in the full hours [$since, $until), oldest first, from the
-- hours' sums: dash_series with a row a day, week (from Monday) or month of the reader's calendar,
-- as $unit says, from start to until (UTC). $zone_from, $zone_offset_s: lists that tell the
-- reader's zone: from each time on, seconds east of UTC; the first is not after the first row.
-- Of windows that were read by $basis alone.

WITH zone AS (
    SELECT unnest($zone_from::TIMESTAMP[]) AS zone_from,
        unnest($zone_offset_s::BIGINT[]) AS offset_s
), wall AS (
    FROM zone SELECT zone_from + to_seconds(offset_s) AS wall_from, offset_s
), sums AS (
    SELECT h.channel, date_trunc($unit, h.hour + to_seconds(z.offset_s))::TIMESTAMP AS there,
        sum(windows)::INTEGER AS windows, sum(observed_s) AS observed_s,
        sum(n_messages)::BIGINT AS n, sum(n_filtered)::BIGINT AS n_filtered,
        sum(sum_mean) / nullif(sum(n_messages), 0) AS mean,
        sum(sum_within) AS within, sum(sum_square) AS squared, sum(freedom) AS freedom,
        sum(sum_positive) / nullif(sum(n_messages), 0) AS share_positive,
        sum(sum_negative) / nullif(sum(n_messages), 0) AS share_negative
    FROM (
        FROM window_hours WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
            AND hour >= $since AND hour < $until AND basis = $basis
    ) h
    ASOF JOIN zone z ON h.hour >= z.zone_from
    GROUP BY ALL
), ends AS (
    SELECT *, (there + CASE $unit WHEN 'day' THEN INTERVAL 1 DAY WHEN 'week' THEN INTERVAL 7 DAY
        ELSE INTERVAL 1 MONTH END) AS there_until
    FROM sums
)
SELECT channel, there - to_seconds(a.offset_s) AS start, there_until - to_seconds(b.offset_s) AS until,
    $basis AS basis, windows, observed_s, n, n_filtered, mean,
    coalesce(
        CASE WHEN n BETWEEN 1 AND 9 THEN sqrt(sum(within) OVER c / nullif(sum(freedom) OVER c, 0)) END,
        CASE WHEN n > 1 THEN sqrt(greatest(within + squared - n * mean ** 2, 0) / (n - 1)) END
    ) AS sd,
    share_positive, share_negative
FROM ends
ASOF JOIN wall a ON there >= a.wall_from
ASOF JOIN wall b ON there_until >= b.wall_from
WINDOW c AS (PARTITION BY channel)
ORDER BY channel, start;
