-- The newest $limit imports, newest first: when, and what each read, as JSON.

FROM health
SELECT "at", detail
WHERE name = 'imported'
ORDER BY "at" DESC
LIMIT $limit;
