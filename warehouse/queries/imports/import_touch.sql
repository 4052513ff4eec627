-- Before an import: notes the windows it replaces or adds, so that rollups follow.

INSERT INTO touched
SELECT channel, start FROM fates WHERE fate IN ('new', 'replaced', 'merged', 'moved');
