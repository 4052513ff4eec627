-- Each of $channels (a list) by day in [$since, $until), full hours: windows of its streams,
-- observed_s: seconds of them in which nothing was missed, messages, and those that were filtered
-- or came late. Days begin $seconds east of UTC's.

FROM window_hours
SELECT channel, (hour + INTERVAL 1 SECOND * $seconds)::DATE AS day,
    sum(windows)::BIGINT AS windows, 30 * sum(windows) - sum(gap_s) AS observed_s,
    sum(n_messages)::BIGINT AS n, sum(n_filtered)::BIGINT AS filtered, sum(n_late)::BIGINT AS late
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
GROUP BY ALL
ORDER BY channel, day;
