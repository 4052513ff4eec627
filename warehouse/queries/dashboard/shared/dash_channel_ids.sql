-- The id of every channel, NULL where it is not known.

SELECT channel, channel_id FROM channels ORDER BY channel;
