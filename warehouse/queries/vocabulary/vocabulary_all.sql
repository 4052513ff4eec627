-- Every term of the vocabulary; times with their zone, UTC.

SELECT * REPLACE (timezone('UTC', first_seen) AS first_seen, timezone('UTC', last_seen) AS last_seen)
FROM vocabulary ORDER BY term, channel;
