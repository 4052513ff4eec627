-- The longest stretches of $channels (a list) in [$since, $until) that were not, or not wholly,
-- observed, $limit of them: windows one after another that miss 5 seconds or more. Where a log
-- begins or ends nothing was missed. total: how many there are.

WITH missed AS (
    FROM windows
    SELECT channel, start, 30 - observed_s AS lost,
        start - INTERVAL 30 SECOND * row_number() OVER (PARTITION BY channel ORDER BY start)
            AS stretch
    WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
        AND start >= $since AND start < $until AND source <> 'import'
        AND observed_s <= 25
)
FROM missed
SELECT channel, min(start) AS since, max(start) + INTERVAL 30 SECOND AS until,
    count(*)::INTEGER AS windows, sum(lost) AS lost_s, count(*) OVER ()::INTEGER AS total
GROUP BY channel, stretch
ORDER BY lost_s DESC, since, channel
LIMIT $limit;
