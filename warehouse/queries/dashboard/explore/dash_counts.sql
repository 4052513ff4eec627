-- How the windows of $channels (a list) in [$since, $until) are spread over their number of
-- messages: bin 0 is silence, bin 1 one message, bin k those up to 2 ** (k - 1).
-- Windows that were not seen whole are left out: their number is not known.

FROM windows
SELECT channel,
    (CASE WHEN n_messages = 0 THEN 0 ELSE 1 + ceil(log2(n_messages)) END)::INTEGER AS bin,
    count(*)::INTEGER AS windows, sum(n_messages)::BIGINT AS n
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND start >= $since AND start < $until
    AND observed_s = 30
GROUP BY ALL
ORDER BY channel, bin;
