-- dash_summary for long spans, from the hours' sums: the same columns and values where $since and
-- $until are full hours. $channels: a list; a row a channel.
-- A row a channel and basis; signed: messages that say something; n_laughs of laughs_of: with laughter.

FROM window_hours
SELECT channel, basis, sum(n_messages)::BIGINT AS n,
    sum(sum_scored) AS signed,
    sum(n_laughs)::BIGINT AS n_laughs, sum(laughs_of)::BIGINT AS laughs_of,
    sum(sum_mean) / nullif(sum(n_messages), 0) AS mean,
    sum(chat_windows)::INTEGER AS chat,
    sum(silent_windows)::INTEGER AS silent,
    sum(unobserved_windows)::INTEGER AS unobserved,
    sum(observed_s) AS observed_s,
    sqrt(sum(sum_within) / nullif(sum(freedom), 0)) AS within_sd
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
GROUP BY channel, basis
ORDER BY channel, basis;
