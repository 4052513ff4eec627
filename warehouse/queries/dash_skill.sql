-- dash_accuracy summed up over $channels (a list) and the full days [$since, $until): a row a
-- model, step and block, 40 blocks of channel-days at most, which the interval is made of.
-- n95, counts: what width95 and volume_error are sums over; rows of before have none.

WITH noise AS (
    SELECT channel, sum(sum_within) / nullif(sum(freedom), 0) AS v
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY channel
), known AS (
    SELECT channel, v, row_number() OVER (ORDER BY channel) AS k FROM noise WHERE v IS NOT NULL
), scored AS (
    SELECT s.*, v, (k + 7 * date_diff('day', DATE '1970-01-01', s.day)) % 40 AS block
    FROM forecast_scores s JOIN known USING (channel)
    WHERE s.channel IN (SELECT unnest($channels::VARCHAR[]))
        AND s.day >= $since AND s.day < $until
)
SELECT s.model, s.step, s.block, sum(s.targets)::BIGINT AS targets, sum(s.n)::BIGINT AS n,
    sum(s.squared_error) AS squared_error, sum(s.absolute_error) AS absolute_error,
    sum(s.crps) AS crps, sum(s.width80) AS width80, sum(s.hits80)::BIGINT AS hits80,
    sum(s.hits95)::BIGINT AS hits95, sum(s.v * s.targets) AS noise,
    sum(s.width95) AS width95, sum(s.n) FILTER (s.width95 IS NOT NULL)::BIGINT AS n95,
    sum(s.volume_error) AS volume_error,
    sum(s.counts) FILTER (s.volume_error IS NOT NULL)::BIGINT AS counts,
    sum(b.n)::BIGINT AS base_n, sum(b.squared_error) AS base_squared_error,
    sum(s.v * b.targets) AS base_noise
FROM scored s
LEFT JOIN forecast_scores b ON b.channel = s.channel AND b.day = s.day AND b.step = s.step
    AND b.model = 'session_mean' AND b.day >= $since AND b.day < $until
GROUP BY ALL
ORDER BY s.model, s.step, s.block;
