-- dash_histogram for long spans: how the means of the hours of $channels (a list) in the full hours
-- [$since, $until) are spread, in bins [low, low + $width). Hours with fewer than $least messages
-- are left out. windows: hours, here.
-- Of windows that were read by $basis alone.

FROM window_hours
SELECT channel, floor(sum_mean / n_messages / $width) * $width AS low,
    count(*)::INTEGER AS windows, sum(n_messages)::BIGINT AS n
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    AND n_messages >= $least AND basis = $basis
GROUP BY ALL
ORDER BY channel, low;
