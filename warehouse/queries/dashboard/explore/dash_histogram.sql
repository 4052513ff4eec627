-- How the window means of $channels (a list) in [$since, $until) are spread: windows and
-- messages in bins [low, low + $width), by channel. Windows with fewer than $least messages
-- are left out.
-- Of windows that were read by $basis alone.

FROM windows
SELECT channel, floor(mean_compound / $width) * $width AS low,
    count(*)::INTEGER AS windows, sum(n_messages)::BIGINT AS n
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND start >= $since AND start < $until
    AND n_messages >= $least AND basis = $basis
GROUP BY ALL
ORDER BY channel, low;
