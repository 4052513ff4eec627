-- Channels that Twitch gave $channel_id, or that are called $channel.

SELECT channel, channel_id FROM channels
WHERE channel_id = $channel_id OR channel = $channel
ORDER BY channel;
