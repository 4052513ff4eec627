-- Whole rows of $channels.

SELECT * EXCLUDE (rev) FROM channels WHERE list_contains($channels, channel) ORDER BY channel;
