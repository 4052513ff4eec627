-- After an import: the months, as 2026-11, of the windows of before that it changed.

SELECT DISTINCT strftime(start, '%Y-%m') AS month FROM fates
WHERE fate IN ('replaced', 'merged', 'moved')
ORDER BY month;
