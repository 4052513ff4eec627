-- Each of $channels in [$since, $until) in one row: messages, mean mood weighted by them,
-- and how much of the span was chat, silence, or not observed, in windows.
-- A row a channel and basis; signed: messages that say something; n_laughs of laughs_of: with laughter.

FROM windows
SELECT channel, basis, sum(n_messages)::BIGINT AS n,
    coalesce(sum(n_messages * share_scored), 0) AS signed,
    sum(n_laughs)::BIGINT AS n_laughs, coalesce(sum(n_messages) FILTER (n_laughs IS NOT NULL), 0)::BIGINT AS laughs_of,
    sum(n_messages * mean_compound) / nullif(sum(n_messages), 0) AS mean,
    count(*) FILTER (n_messages > 0)::INTEGER AS chat,
    count(*) FILTER (n_messages = 0 AND observed_s > 0)::INTEGER AS silent,
    count(*) FILTER (n_messages = 0 AND observed_s = 0)::INTEGER AS unobserved,
    sum(observed_s) AS observed_s,
    sqrt(sum((n_messages - 1) * sd_compound ** 2)
        / nullif(sum(n_messages - 1) FILTER (n_messages > 1), 0)) AS within_sd
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND start >= $since AND start < $until
GROUP BY channel, basis
ORDER BY channel, basis;
