-- Before $terms (a list) go: notes the windows that hold one of them, so that rollups follow.

INSERT INTO touched
SELECT DISTINCT channel, start FROM window_terms
WHERE term IN (SELECT unnest($terms::VARCHAR[])) AND kind <> 'rest';
