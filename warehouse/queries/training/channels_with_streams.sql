-- Channels that have windows in a stream, so that long work can go channel by channel.

SELECT DISTINCT channel
FROM windows
WHERE stream_id IS NOT NULL
ORDER BY channel;
