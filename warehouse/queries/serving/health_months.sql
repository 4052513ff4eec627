-- The months, as 2026-11, of rows of health from before $before.

SELECT DISTINCT strftime("at", '%Y-%m') AS month FROM health WHERE "at" < $before ORDER BY month;
