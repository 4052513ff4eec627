-- The lexicon in force: term, kind, valence -4..4, origin, the valence decided for all channels
-- instead (NULL: none), and n, its uses on $channels (a list) over the full days [$since, $until)
-- (NULL: not among the most said of any day). At most $limit of the entries that hold $part in any
-- case ('' is in all): those that are it, those used most, then words before emoji and signs;
-- `found`: how many there are.

WITH listed AS (
    SELECT * FROM lexicon
    WHERE rev = (SELECT max(rev) FROM lexicon) AND contains(lower(term), lower($part))
), used AS (
    SELECT term, sum(n)::BIGINT AS n
    FROM term_days SEMI JOIN listed USING (term)
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND day >= $since AND day < $until
    GROUP BY term
)
SELECT l.term, l.kind, l.valence, l.origin, v.valence AS decided, used.n,
    count(*) OVER () AS found
FROM listed l
LEFT JOIN vocabulary v ON v.term = l.term AND v.channel = '' AND v.status = 'accepted'
LEFT JOIN used ON used.term = l.term
ORDER BY lower(l.term) != lower($part), used.n DESC NULLS LAST,
    NOT regexp_matches(l.term, '^\p{L}'), lower(l.term), l.term, l.kind
LIMIT $limit;
