-- The months, as 2026-11, in which one of $terms (a list) was stored, or a moment told by it.

SELECT DISTINCT strftime("at", '%Y-%m') AS month FROM (
    SELECT start AS "at" FROM window_terms
    WHERE term IN (SELECT unnest($terms::VARCHAR[])) AND kind <> 'rest'
    UNION ALL
    SELECT "at" FROM events
    WHERE kind = 'moment' AND split_part(detail, ' x ', 1) IN (SELECT unnest($terms::VARCHAR[]))
) ORDER BY month;
