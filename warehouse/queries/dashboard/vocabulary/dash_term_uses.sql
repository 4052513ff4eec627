-- How often each of $terms (a list) was said in $channels (a list) on each day of [$since, $until),
-- full days: n uses, of total messages of those channels that day. Only uses among a window's most
-- telling or most used terms are kept. Days on which a term was not said have no row.

WITH total AS (
    SELECT hour::DATE AS day, sum(n_messages)::BIGINT AS total
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY ALL
), used AS (
    SELECT term, day, sum(n)::BIGINT AS n
    FROM term_days
    WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
        AND term IN (SELECT unnest($terms::VARCHAR[])) AND day >= $since AND day < $until
    GROUP BY ALL
)
SELECT term, day, n, total
FROM used JOIN total USING (day)
ORDER BY term, day;
