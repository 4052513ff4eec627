-- What $term did to the mood of $channels (a list) on each day of [$since, $until), full days:
-- n uses in how many windows, and its part of the day's mean over all messages (total).
-- Days without the term have no row.
-- Of windows that were read by $basis alone.

WITH total AS (
    SELECT channel, hour::DATE AS day, sum(n_messages)::BIGINT AS total
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
        AND basis = $basis
    GROUP BY ALL
), used AS (
    SELECT channel, day, sum(n)::BIGINT AS n, sum(windows)::INTEGER AS windows, sum(part) AS part
    FROM term_days
    WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
        AND day >= $since AND day < $until AND term = $term AND basis = $basis
    GROUP BY ALL
)
SELECT channel, day, n, windows, part / total AS contribution, total
FROM used JOIN total USING (channel, day)
ORDER BY channel, day;
