-- dash_gaps for long spans, from the hours' sums: stretches of hours of $channels (a list) in the
-- full hours [$since, $until), one after another, that each miss 5 seconds or more; the $limit
-- that miss most. Where a log begins or ends nothing was missed, nor, as in dash_coverage, before
-- a stream began or after it ended. windows: unknown here. total: how many there are.

WITH edges AS (
    FROM streams SELECT channel, time_bucket(INTERVAL 30 SECOND, started_at) AS start,
        epoch(started_at - start) AS outside
    UNION ALL
    FROM streams SELECT channel, time_bucket(INTERVAL 30 SECOND, ended_at) AS start,
        30 - epoch(ended_at - start) AS outside
    WHERE ended_at > start
), outsides AS (
    FROM edges SELECT channel, date_trunc('hour', start) AS hour, sum(outside) AS outside
    WHERE start >= $since AND start < $until
    GROUP BY ALL
), hours AS (
    FROM window_hours SELECT channel, hour, sum(gap_s) AS gap_s
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY ALL
), missed AS (
    FROM hours LEFT JOIN outsides USING (channel, hour)
    SELECT channel, hour, gap_s - coalesce(outside, 0) AS lost,
        hour - INTERVAL 1 HOUR * row_number() OVER (PARTITION BY channel ORDER BY hour) AS stretch
    WHERE lost >= 5
)
FROM missed
SELECT channel, min(hour) AS since, max(hour) + INTERVAL 1 HOUR AS until,
    NULL::INTEGER AS windows, sum(lost) AS lost_s, count(*) OVER ()::INTEGER AS total
GROUP BY channel, stretch
ORDER BY lost_s DESC, since, channel
LIMIT $limit;
