-- The windows of $channels[i] that start at $starts[i], for all i; starts in epoch seconds.

WITH places AS (
    SELECT unnest($channels::VARCHAR[]) AS channel,
        make_timestamp((unnest($starts::DOUBLE[]) * 1000000)::BIGINT) AS start
)
SELECT w.* FROM windows w SEMI JOIN places p ON p.channel = w.channel AND p.start = w.start
WHERE w.start BETWEEN (SELECT min(start) FROM places) AND (SELECT max(start) FROM places)
ORDER BY w.channel, w.start;
