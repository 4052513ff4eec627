-- At revision $rev of an import: the terms of before of the windows that it replaces or merges.

DELETE FROM window_terms t
WHERE t.rev < $rev AND EXISTS (
    SELECT 1 FROM fates f
    WHERE f.channel = t.channel AND f.start = t.start AND f.fate IN ('replaced', 'merged', 'moved')
);
