-- How far the source was behind the clock since $since, seconds, oldest first; nothing while Twitch was not reached.

FROM health
SELECT "at", value AS lag_s
WHERE name = 'lag_s' AND value IS NOT NULL AND "at" >= $since
ORDER BY "at";
