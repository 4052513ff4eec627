-- Streams that began in [$since, $until), of $channel (NULL: of all), $limit of them from the first
-- after ($since, $id) on, in the order in which they began; open ones have no end.

FROM streams
SELECT stream_id, channel, started_at, ended_at, title, category, vod_id, source,
    coalesce(undated, false) AS undated
WHERE channel = coalesce($channel, channel) AND started_at < $until
    AND (started_at > $since OR started_at = $since AND stream_id > $id)
ORDER BY started_at, stream_id
LIMIT $limit;
