-- Who every channel is: its key, Twitch's id, and the login of today.

SELECT channel, channel_id, login FROM channels ORDER BY channel;
