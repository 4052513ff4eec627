-- What is known of every channel of $source.

SELECT channel, channel_id, display_name, language FROM channels WHERE source = $source;
