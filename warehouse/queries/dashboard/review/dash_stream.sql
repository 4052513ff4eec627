-- The stream $stream, with what is known of its channel; no row for one that is not there.

FROM streams s JOIN channels c USING (channel)
SELECT s.stream_id, s.channel, s.started_at, s.ended_at, s.title, s.category, s.vod_id, s.source,
    s.undated, c.display_name, c.readable
WHERE s.stream_id = $stream;
