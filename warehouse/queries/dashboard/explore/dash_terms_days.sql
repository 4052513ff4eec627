-- dash_terms for long spans, from the days' sums: the same columns and values where $since and
-- $until are midnights of UTC. $channels: a list; $limit: that raised the mood most, that lowered
-- it most, that were used most.
-- Of windows that were read by $basis alone; NULL: of all, to know what is used.

WITH total AS (
    SELECT sum(n_messages)::BIGINT AS total FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
        AND basis = coalesce($basis, basis)
), used AS (
    SELECT term, min(kind) AS kind, sum(n)::BIGINT AS n, sum(windows)::BIGINT AS windows,
        count(DISTINCT channel)::INTEGER AS channels, sum(part) AS part
    FROM term_days
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND day >= $since AND day < $until
        AND basis = coalesce($basis, basis)
    GROUP BY term
)
SELECT term, kind, n, windows, channels, part / total AS contribution, total
FROM used, total
QUALIFY kind = 'rest'
    OR row_number() OVER (ORDER BY kind = 'rest', part DESC, term) <= $limit AND part > 0
    OR row_number() OVER (ORDER BY kind = 'rest', part, term) <= $limit AND part < 0
    OR row_number() OVER (ORDER BY kind = 'rest', n DESC, term) <= $limit
ORDER BY kind <> 'rest', part DESC, n DESC, term;
