-- At revision $rev, the terms of windows of which an import, whose Parquet files of windows and
-- terms are $windows and $terms, has some seconds and what is stored has others: each part's by its
-- messages. The 15 that moved the mood most, the 5 used most, and the rest as one.

INSERT INTO window_terms BY NAME
WITH parts AS (
    SELECT t.channel, t.start, t.term, t.kind, t.n, t.contribution * w.n_messages AS moved
    FROM window_terms t JOIN windows w ON w.channel = t.channel AND w.start = t.start
    WHERE EXISTS (
        SELECT 1 FROM fates f
        WHERE f.channel = t.channel AND f.start = t.start AND f.fate = 'merged'
    )
    UNION ALL
    SELECT t.channel, t.start, t.term, t.kind, t.n, t.contribution * w.n_messages
    FROM read_parquet($terms) t
    JOIN read_parquet($windows) w ON w.channel = t.channel AND w.start = t.start
    WHERE EXISTS (
        SELECT 1 FROM fates f
        WHERE f.channel = t.channel AND f.start = t.start AND f.fate = 'merged'
    )
), sums AS (
    SELECT channel, start, term, any_value(kind) AS kind, sum(n)::INTEGER AS n, sum(moved) AS moved
    FROM parts GROUP BY channel, start, term
), ranked AS (
    SELECT *,
        row_number() OVER (PARTITION BY channel, start, kind = 'rest' ORDER BY abs(moved) DESC, term)
            AS by_mood,
        row_number() OVER (PARTITION BY channel, start, kind = 'rest' ORDER BY n DESC, term) AS by_n
    FROM sums
), kept AS (
    SELECT channel, start, n, moved, kind = 'rest' OR (by_mood > 15 AND by_n > 5) AS is_rest,
        if(is_rest, '*', term) AS term, if(is_rest, 'rest', kind) AS kind
    FROM ranked
)
SELECT k.channel, k.start, k.term, k.kind, sum(k.n)::INTEGER AS n,
    sum(k.moved) / any_value(i.n_messages + w.n_messages) AS contribution, $rev AS rev
FROM kept k
JOIN windows w ON w.channel = k.channel AND w.start = k.start
JOIN read_parquet($windows) i ON i.channel = k.channel AND i.start = k.start
GROUP BY k.channel, k.start, k.term, k.kind;
