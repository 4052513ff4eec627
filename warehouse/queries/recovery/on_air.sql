-- Channels of $source that have a stream which had not ended when it was last looked at.

SELECT DISTINCT channel FROM streams WHERE source = $source AND ended_at IS NULL ORDER BY channel;
