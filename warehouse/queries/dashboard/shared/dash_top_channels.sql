-- The $limit channels with the most messages in [$since, $until), full hours, with their mean
-- mood over all messages, the spread of the hours' moods, and hours with chat.

FROM window_hours
SELECT channel, sum(n_messages)::BIGINT AS n,
    sum(sum_mean) / sum(n_messages) AS mean,
    min(sum_mean / nullif(n_messages, 0)) AS lowest_hour,
    max(sum_mean / nullif(n_messages, 0)) AS highest_hour,
    (count(*) FILTER (n_messages > 0))::INTEGER AS hours
WHERE hour >= $since AND hour < $until
GROUP BY channel HAVING sum(n_messages) > 0
ORDER BY n DESC, channel
LIMIT $limit;
