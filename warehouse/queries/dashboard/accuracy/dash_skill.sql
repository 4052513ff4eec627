-- What every model scored on $channels (a list) over the full days [$since, $until), beside the
-- running session mean on the same targets: a row a model, step and block, 40 blocks of
-- channel-days at most, which the interval of the skill is made of.
-- noise: the part of n * nMSE nobody can know, sum n (v / n) = v * targets, v being the channel's
-- pooled within-window message variance over these days; base_noise is that of the session mean.
-- n95, counts: what width95 and volume_error are sums over; scores of before have none.

WITH noise AS (
    SELECT channel, sum(sum_within) / nullif(sum(freedom), 0) AS v
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY channel
), known AS (
    SELECT channel, v, row_number() OVER (ORDER BY channel) AS k FROM noise WHERE v IS NOT NULL
), scored AS MATERIALIZED (     -- a number for channel, day and step is joined in half the time
    SELECT s.*, v, k + 7 * date_diff('day', DATE '1970-01-01', s.day) AS spread,
        (k * 100000 + date_diff('day', DATE '1970-01-01', s.day)) * 10 + s.step AS place
    FROM forecast_scores s JOIN known USING (channel)
    WHERE s.channel IN (SELECT unnest($channels::VARCHAR[]))
        AND s.day >= $since AND s.day < $until
), base AS (
    SELECT place, targets, n, squared_error FROM scored WHERE model = 'session_mean'
)
SELECT s.model, s.step, s.spread % 40 AS block, sum(s.targets)::BIGINT AS targets, sum(s.n)::BIGINT AS n,
    sum(s.squared_error) AS squared_error, sum(s.absolute_error) AS absolute_error,
    sum(s.crps) AS crps, sum(s.width80) AS width80, sum(s.hits80)::BIGINT AS hits80,
    sum(s.hits95)::BIGINT AS hits95, sum(s.v * s.targets) AS noise,
    sum(s.width95) AS width95, sum(s.n) FILTER (s.width95 IS NOT NULL)::BIGINT AS n95,
    sum(s.volume_error) AS volume_error,
    sum(s.counts) FILTER (s.volume_error IS NOT NULL)::BIGINT AS counts,
    sum(b.n)::BIGINT AS base_n, sum(b.squared_error) AS base_squared_error,
    sum(s.v * b.targets) AS base_noise
FROM scored s LEFT JOIN base b USING (place)
GROUP BY ALL
ORDER BY s.model, s.step, block;
