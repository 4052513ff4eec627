-- The stream called $stream_id.

SELECT channel, ended_at FROM streams WHERE stream_id = $stream_id;
