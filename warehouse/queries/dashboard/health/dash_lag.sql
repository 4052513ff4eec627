-- How far the source was behind the clock since $since, seconds, oldest first.

FROM health
SELECT "at", value AS lag_s
WHERE name = 'lag_s' AND "at" >= $since
ORDER BY "at";
