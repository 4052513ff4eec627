-- Streams of real chat that are over and began at $since or later, the newest first.

SELECT s.stream_id, s.channel, c.channel_id, s.started_at, s.ended_at, s.vod_id
FROM streams s JOIN channels c USING (channel)
WHERE s.started_at >= $since AND s.ended_at IS NOT NULL AND NOT s.undated
    AND s.source <> 'simulated'
ORDER BY s.started_at DESC;
