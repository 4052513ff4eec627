-- The lexicon in force: term, kind, valence -4..4, origin, and the valence decided for all channels
-- instead (NULL: none). At most $limit of the entries that hold $part in any case ('' is in all),
-- those that are it first; `found`: how many there are.

SELECT l.term, l.kind, l.valence, l.origin, v.valence AS decided, count(*) OVER () AS found
FROM lexicon l
LEFT JOIN vocabulary v ON v.term = l.term AND v.channel = '' AND v.status = 'accepted'
WHERE l.rev = (SELECT max(rev) FROM lexicon) AND contains(lower(l.term), lower($part))
ORDER BY lower(l.term) != lower($part), length(l.term), lower(l.term), l.term, l.kind
LIMIT $limit;
