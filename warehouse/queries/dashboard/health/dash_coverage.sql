-- Each of $channels (a list) by day in [$since, $until), full hours: windows of its streams,
-- observed_s: seconds of them in which nothing was missed, messages, and those that were filtered
-- or came late. Days begin $seconds east of UTC's.
-- outside: seconds of a stream's first and last window in which there was no stream; of what an
-- hour misses as much is no fault.

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
    FROM window_hours
    SELECT channel, hour, sum(windows) AS windows, sum(gap_s) AS gap_s, sum(n_messages) AS n,
        sum(n_filtered) AS filtered, sum(n_late) AS late
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY ALL
)
FROM hours LEFT JOIN outsides USING (channel, hour)
SELECT channel, (hour + INTERVAL 1 SECOND * $seconds)::DATE AS day,
    sum(windows)::BIGINT AS windows,
    30 * sum(windows) - sum(greatest(gap_s - coalesce(outside, 0), 0)) AS observed_s,
    sum(n)::BIGINT AS n, sum(filtered)::BIGINT AS filtered, sum(late)::BIGINT AS late
GROUP BY ALL
ORDER BY channel, day;
