-- The months, as 2026-11, in which one of $terms (a list) was stored.

SELECT DISTINCT strftime(start, '%Y-%m') AS month FROM window_terms
WHERE term IN (SELECT unnest($terms::VARCHAR[])) AND kind <> 'rest' ORDER BY month;
