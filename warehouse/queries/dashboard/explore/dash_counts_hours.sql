-- dash_counts for long spans: how the hours of $channels (a list) in the full hours
-- [$since, $until) are spread over their number of messages, in the same bins. windows: hours, here.
-- Hours that were not seen whole are left out, those in which a stream began or ended too.

FROM (
    FROM window_hours
    SELECT channel, hour, sum(n_messages) AS n_messages, sum(observed_s) AS observed_s
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY ALL
)
SELECT channel,
    (CASE WHEN n_messages = 0 THEN 0 ELSE 1 + ceil(log2(n_messages)) END)::INTEGER AS bin,
    count(*)::INTEGER AS windows, sum(n_messages)::BIGINT AS n
WHERE observed_s >= 3599
GROUP BY ALL
ORDER BY channel, bin;
