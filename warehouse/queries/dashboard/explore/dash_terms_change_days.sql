-- dash_terms_change for long spans, from the days' sums: $before, $since and $until are midnights
-- of UTC, and the stretches are a channel's days. $channels: a list; $limit: that rose, that fell;
-- $least: uses in both spans together.
-- Of windows that were read by $basis alone.

WITH units AS (
    SELECT channel, hour::DATE AS unit, sum(n_messages)::DOUBLE AS t
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $before AND hour < $until
        AND basis = $basis
    GROUP BY ALL
    HAVING sum(n_messages) > 0
), sides AS (
    SELECT coalesce(sum(t) FILTER (unit >= $since), 0) AS t1,
        coalesce(sum(t * t) FILTER (unit >= $since), 0) AS s1,
        coalesce(sum(t) FILTER (unit < $since), 0) AS t0,
        coalesce(sum(t * t) FILTER (unit < $since), 0) AS s0,
        count(*) AS units, count(*) FILTER (unit >= $since) AS units1
    FROM units
), sums AS (
    SELECT term, min(kind) AS kind,
        coalesce(sum(n) FILTER (day >= $since), 0)::DOUBLE AS n1,
        coalesce(sum(n) FILTER (day < $since), 0)::DOUBLE AS n0,
        sum(n::DOUBLE ** 2) AS nn,
        coalesce(sum(n * t) FILTER (day >= $since), 0) AS x1,
        coalesce(sum(n * t) FILTER (day < $since), 0) AS x0
    FROM term_days d JOIN units u ON u.channel = d.channel AND u.unit = d.day
    WHERE d.channel IN (SELECT unnest($channels::VARCHAR[]))
        AND day >= $before AND day < $until AND kind <> 'rest' AND basis = $basis
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
