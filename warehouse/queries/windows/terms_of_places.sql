-- The terms stored for the windows of $channels[i] that start at $starts[i] (epoch seconds),
-- a row a window that has any.

WITH places AS (
    SELECT unnest($channels::VARCHAR[]) AS channel,
        make_timestamp((unnest($starts::DOUBLE[]) * 1000000)::BIGINT) AS start
)
SELECT t.channel, t.start, list(t.term ORDER BY t.term) AS terms
FROM window_terms t SEMI JOIN places p ON p.channel = t.channel AND p.start = t.start
WHERE t.start BETWEEN (SELECT min(start) FROM places) AND (SELECT max(start) FROM places)
    AND t.kind <> 'rest'
GROUP BY t.channel, t.start ORDER BY t.channel, t.start;
