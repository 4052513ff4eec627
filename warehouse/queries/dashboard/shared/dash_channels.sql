-- Every channel with what is known of it and the span of its streams.
-- An open stream reaches to $now. Channels without a stream have NULL spans.

SELECT c.channel, c.login, c.display_name, c.channel_id, c.language, c.readable, c.source,
    min(s.started_at) AS first_at,
    max(coalesce(s.ended_at, $now)) FILTER (s.stream_id IS NOT NULL) AS last_at,
    count(s.stream_id)::INTEGER AS streams,
    bool_or(s.stream_id IS NOT NULL AND s.ended_at IS NULL) AS on_air
FROM channels c LEFT JOIN streams s USING (channel)
GROUP BY ALL
ORDER BY c.channel;
