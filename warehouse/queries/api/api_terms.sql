-- Terms of $channel in [$since, $until), whole days, of $kind (NULL: of any), by their uses (n): the
-- $limit after ($n, $term, $basis). Without the windows' rest ('*').
-- windows: that have the term; contribution: its part of the mean mood of all messages of the span
-- that were read by the same basis.

WITH total AS (
    SELECT basis, sum(n_messages)::BIGINT AS total FROM window_hours
    WHERE channel = $channel AND hour >= $since AND hour < $until
    GROUP BY basis
), used AS (
    SELECT term, basis, min(kind) AS kind, sum(n)::BIGINT AS n, sum(windows)::BIGINT AS windows,
        sum(part) AS part
    FROM term_days
    WHERE channel = $channel AND day >= $since AND day < $until AND kind <> 'rest'
    GROUP BY term, basis
)
SELECT $channel AS channel, term, kind, basis, n, windows, part / total AS contribution
FROM used JOIN total USING (basis)
WHERE kind = coalesce($kind, kind) AND (n < $n OR n = $n AND (term, basis) > ($term, $basis))
ORDER BY n DESC, term, basis
LIMIT $limit;
