-- Terms of the windows of $channel in [$since, $until), oldest first; without the rest ('*').
-- contribution: the term's part of its window's mean mood; n: its uses there.

FROM window_terms
SELECT start, term, kind, n, contribution
WHERE channel = $channel AND start >= $since AND start < $until AND kind <> 'rest'
ORDER BY start, term;
