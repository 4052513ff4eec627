-- Every term that is stored, of windows and of proposals.

SELECT DISTINCT term FROM window_terms WHERE kind <> 'rest'
UNION
SELECT term FROM vocabulary WHERE status = 'proposed'
ORDER BY term;
