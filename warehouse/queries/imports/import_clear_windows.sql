-- Before an import's windows come in: those that it replaces.

DELETE FROM windows w
WHERE EXISTS (
    SELECT 1 FROM fates f
    WHERE f.channel = w.channel AND f.start = w.start AND f.fate IN ('replaced', 'moved')
);
