-- The share of messages that can be read, of every channel of $source that has one.

SELECT channel, readable FROM channels WHERE source = $source AND readable IS NOT NULL;
