-- term_days as it follows from window_terms and windows, a row a channel, day, term, kind and
-- basis.
-- part: sum of contribution * n_messages. Whoever runs it narrows both to the days wanted.

SELECT t.channel, t.start::DATE AS day, t.term, t.kind,
    sum(t.n)::BIGINT AS n,
    count(*)::INTEGER AS windows,
    sum(t.contribution * w.n_messages) AS part,
    w.basis
FROM window_terms t JOIN windows w ON w.channel = t.channel AND w.start = t.start
GROUP BY ALL;
