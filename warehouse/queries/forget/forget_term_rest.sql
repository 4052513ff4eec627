-- Before $terms (a list) go: their uses and contributions to the rest of their windows, so that
-- contributions still sum to the mean. $rev: the revision of the write.

UPDATE window_terms AS r SET n = r.n + t.n, contribution = r.contribution + t.part, rev = $rev
FROM (
    SELECT channel, start, sum(n)::INTEGER AS n, sum(contribution) AS part FROM window_terms
    WHERE term IN (SELECT unnest($terms::VARCHAR[])) AND kind <> 'rest' GROUP BY channel, start
) t
WHERE r.kind = 'rest' AND r.channel = t.channel AND r.start = t.start;
