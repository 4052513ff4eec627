-- Rows of the vocabulary for $terms (a list), of all channels; times with their zone, UTC.

SELECT * EXCLUDE (rev) REPLACE (
    timezone('UTC', first_seen) AS first_seen, timezone('UTC', last_seen) AS last_seen,
    timezone('UTC', decided_at) AS decided_at)
FROM vocabulary WHERE term IN (SELECT unnest($terms::VARCHAR[]))
ORDER BY term, channel;
