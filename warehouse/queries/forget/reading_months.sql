-- The months, as 2026-11, of rows of health that tell of trouble with $channel.

SELECT DISTINCT strftime("at", '%Y-%m') AS month FROM health
WHERE name = 'reading' AND contains(detail, '"channel":"' || $channel || '"') ORDER BY month;
