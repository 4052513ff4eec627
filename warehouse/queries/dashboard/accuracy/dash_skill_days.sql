-- What every model scored at $step on $channels (a list) in each stretch of $days days of
-- [$since, $until), full days: columns of dash_skill, a row a model and stretch; day: its first.

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
        AND s.day >= $since AND s.day < $until AND s.step = $step
), base AS (
    SELECT place, targets, n, squared_error FROM scored WHERE model = 'session_mean'
)
SELECT s.model,
    time_bucket(to_days($days), s.day::TIMESTAMP, $since::TIMESTAMP)::DATE AS day, sum(s.targets)::BIGINT AS targets, sum(s.n)::BIGINT AS n,
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
ORDER BY 1, 2;
