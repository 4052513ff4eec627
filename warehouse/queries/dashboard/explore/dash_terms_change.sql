-- Terms of $channels (a list) whose use changed most from [$before, $since) to [$since, $until):
-- the $limit that rose and the $limit that fell by the most evidence; tried: how many were used
-- $least times or more in both together, and so looked at.
-- n, n_before: uses; total, total_before: messages of the two spans; stretches, stretches_before:
-- of $unit_s seconds with messages in them; z: difference of the two
-- rates in standard errors of no change; phi >= 1: variance of the uses in stretches over that of
-- independent ones (quasi-Poisson), since chat uses a term in bursts.
-- Source: McCullagh & Nelder, Generalized Linear Models (1989), 6.2.
-- Of windows that were read by $basis alone.

WITH units AS (
    SELECT channel, time_bucket(to_seconds($unit_s), start, $since::TIMESTAMP) AS unit,
        sum(n_messages)::DOUBLE AS t
    FROM windows
    WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
        AND start >= $before AND start < $until AND n_messages > 0 AND basis = $basis
    GROUP BY ALL
), sides AS (
    SELECT coalesce(sum(t) FILTER (unit >= $since), 0) AS t1,
        coalesce(sum(t * t) FILTER (unit >= $since), 0) AS s1,
        coalesce(sum(t) FILTER (unit < $since), 0) AS t0,
        coalesce(sum(t * t) FILTER (unit < $since), 0) AS s0,
        count(*) AS units, count(*) FILTER (unit >= $since) AS units1
    FROM units
), used AS (
    SELECT channel, time_bucket(to_seconds($unit_s), start, $since::TIMESTAMP) AS unit, term,
        min(kind) AS kind, sum(n)::DOUBLE AS n
    FROM window_terms SEMI JOIN (FROM windows WHERE basis = $basis) USING (channel, start)
    WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
        AND start >= $before AND start < $until AND kind <> 'rest'
    GROUP BY ALL
), sums AS (
    SELECT term, min(kind) AS kind,
        coalesce(sum(n) FILTER (unit >= $since), 0) AS n1,
        coalesce(sum(n) FILTER (unit < $since), 0) AS n0,
        coalesce(sum(n * n), 0) AS nn,
        coalesce(sum(n * t) FILTER (unit >= $since), 0) AS x1,
        coalesce(sum(n * t) FILTER (unit < $since), 0) AS x0
    FROM used JOIN units USING (channel, unit)
    GROUP BY term
    HAVING sum(n) >= $least
), rated AS (
    SELECT term, kind, n1, n0, t1, t0, units, units1, n1 / t1 AS r1, n0 / t0 AS r0,
        greatest(1, (nn - 2 * (n1 / t1) * x1 + (n1 / t1) ** 2 * s1
            - 2 * (n0 / t0) * x0 + (n0 / t0) ** 2 * s0)
            / (n1 + n0) * units / greatest(units - 2, 1)) AS phi
    FROM sums, sides
    WHERE t1 > 0 AND t0 > 0
), judged AS (
    SELECT *, (r1 - r0) / sqrt(phi * (n1 + n0) / (t1 + t0) * (1 / t1 + 1 / t0)) AS z,
        count(*) OVER () AS tried
    FROM rated
)
SELECT term, kind, n1::BIGINT AS n, n0::BIGINT AS n_before, t1::BIGINT AS total,
    t0::BIGINT AS total_before, phi, z, tried::INTEGER AS tried,
    units1::INTEGER AS stretches, (units - units1)::INTEGER AS stretches_before
FROM judged
QUALIFY row_number() OVER (ORDER BY z DESC, term) <= $limit AND z > 0
    OR row_number() OVER (ORDER BY z, term) <= $limit AND z < 0
ORDER BY z DESC, term;
