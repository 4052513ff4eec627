-- The terms of each channel and day (a DATE) that are stored from $since on.

SELECT channel, start::DATE AS day, list(DISTINCT term) AS terms FROM window_terms
WHERE start >= $since AND kind <> 'rest'
GROUP BY ALL ORDER BY channel, day;
