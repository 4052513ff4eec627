-- Terms in each channel's windows since $since: at most $limit of a channel, those that moved
-- the mood first. contribution: their part of the mean over all messages of the span, of those
-- windows that have the basis of the newest.

WITH span AS MATERIALIZED (
    SELECT channel, start, n_messages FROM windows WHERE start >= $since
    QUALIFY basis = last_value(basis) OVER (PARTITION BY channel ORDER BY start
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), total AS (
    SELECT channel, sum(n_messages) AS n FROM span GROUP BY channel
), used AS (
    SELECT t.channel, t.term, any_value(t.kind) AS kind, sum(t.n)::BIGINT AS n,
        sum(t.contribution * w.n_messages) AS part
    FROM window_terms t JOIN span w ON w.channel = t.channel AND w.start = t.start
    WHERE t.start >= $since AND t.kind <> 'rest'
    GROUP BY t.channel, t.term
)
SELECT u.channel, u.term, u.kind, u.n, u.part / total.n AS contribution
FROM used u JOIN total USING (channel)
WHERE u.part <> 0 AND total.n > 0
QUALIFY row_number() OVER (PARTITION BY u.channel ORDER BY abs(u.part) DESC, u.term) <= $limit
ORDER BY u.channel, abs(u.part) DESC, u.term;
