-- Every term that is stored, of windows and of the vocabulary.

SELECT DISTINCT term FROM window_terms WHERE kind <> 'rest'
UNION
SELECT term FROM vocabulary
ORDER BY term;
