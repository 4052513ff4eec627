-- Channels whose key comes after $after, $limit of them by key, with what is known of each; first_at
-- and newest_at: when its first and its newest stream with a date began.
-- channel_id: NULL where Twitch did not tell it, login: NULL where another has taken it since.

FROM channels c LEFT JOIN streams s USING (channel)
SELECT channel, c.login, nullif(c.display_name, '') AS display_name,
    CASE WHEN c.channel_id <> '' AND NOT regexp_full_match(c.channel_id, '9[0-9]{10}')
        THEN c.channel_id END AS channel_id,
    c.language, c.readable, c.source, count(s.stream_id)::INTEGER AS streams,
    min(s.started_at) FILTER (s.undated IS NOT TRUE) AS first_at,
    max(s.started_at) FILTER (s.undated IS NOT TRUE) AS newest_at
WHERE channel > $after
GROUP BY ALL
ORDER BY channel
LIMIT $limit;
