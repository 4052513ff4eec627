-- The months, as 2026-11, of alerts that may go: of $channel, or of new terms.

SELECT DISTINCT strftime("at", '%Y-%m') AS month FROM alerts
WHERE kind = 'new_term' OR channel = $channel ORDER BY month;
