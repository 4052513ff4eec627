-- dash_gaps for long spans, from the hours' sums: stretches of hours of $channels (a list) in the
-- full hours [$since, $until), one after another, that each miss 5 seconds or more; the $limit
-- that miss most. Where a log begins or ends nothing was missed. windows: unknown here. total: how
-- many there are.

WITH missed AS (
    FROM window_hours
    SELECT channel, hour, gap_s AS lost,
        hour - INTERVAL 1 HOUR * row_number() OVER (PARTITION BY channel ORDER BY hour) AS stretch
    WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
        AND hour >= $since AND hour < $until AND gap_s >= 5
)
FROM missed
SELECT channel, min(hour) AS since, max(hour) + INTERVAL 1 HOUR AS until,
    NULL::INTEGER AS windows, sum(lost) AS lost_s, count(*) OVER ()::INTEGER AS total
GROUP BY channel, stretch
ORDER BY lost_s DESC, since, channel
LIMIT $limit;
