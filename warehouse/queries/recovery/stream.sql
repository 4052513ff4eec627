-- The stream called $stream_id.

SELECT channel, started_at, ended_at, vod_id FROM streams WHERE stream_id = $stream_id;
