-- The newest $limit streams of $channels (a list), newest first; open ones have no end.

FROM streams
SELECT stream_id, channel, started_at, ended_at, title, category, vod_id, source, undated
WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
ORDER BY started_at DESC, stream_id
LIMIT $limit;
