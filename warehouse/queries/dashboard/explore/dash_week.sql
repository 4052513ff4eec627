-- Mood and activity of $channel by weekday (1 Monday .. 7 Sunday) and hour of the reader's day,
-- over the full hours [$since, $until). $zone_from, $zone_offset_s: lists that tell the reader's
-- zone: from each time on, seconds east of UTC; the first is not after $since.
-- hours: with messages; observed_s: of all; sd: of messages about the cell's mean.
-- Of windows that were read by $basis alone.

WITH zone AS (
    SELECT unnest($zone_from::TIMESTAMP[]) AS zone_from,
        unnest($zone_offset_s::BIGINT[]) AS offset_s
), placed AS (
    SELECT h.*, h.hour + to_seconds(z.offset_s) AS there
    FROM (FROM window_hours WHERE channel = $channel AND hour >= $since AND hour < $until AND basis = $basis) h
    ASOF JOIN zone z ON h.hour >= z.zone_from
), sums AS (
    SELECT isodow(there)::INTEGER AS weekday, hour(there)::INTEGER AS hour,
        count(*) FILTER (n_messages > 0)::INTEGER AS hours,
        sum(observed_s) AS observed_s, sum(n_messages)::BIGINT AS n,
        sum(sum_mean) / nullif(sum(n_messages), 0) AS mean,
        sum(sum_within) + sum(sum_square) AS squares
    FROM placed GROUP BY ALL
)
SELECT weekday, hour, hours, observed_s, n, mean,
    CASE WHEN n > 1 THEN sqrt(greatest(squares - n * mean ** 2, 0) / (n - 1)) END AS sd
FROM sums
ORDER BY weekday, hour;
