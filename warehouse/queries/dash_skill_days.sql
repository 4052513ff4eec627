-- What every model scored at $step on $channels (a list) in each stretch of $days days of
-- [$since, $until), full days: columns of dash_skill, a row a model and stretch; day: its first.

WITH noise AS (
    SELECT channel, sum(sum_within) / nullif(sum(freedom), 0) AS v
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY channel
)
SELECT s.model,
    time_bucket(to_days($days), s.day::TIMESTAMP, $since::TIMESTAMP)::DATE AS day,
    sum(s.targets)::BIGINT AS targets, sum(s.n)::BIGINT AS n,
    sum(s.squared_error) AS squared_error, sum(s.absolute_error) AS absolute_error,
    sum(s.crps) AS crps, sum(s.width80) AS width80, sum(s.hits80)::BIGINT AS hits80,
    sum(s.hits95)::BIGINT AS hits95, sum(v * s.targets) AS noise,
    sum(s.width95) AS width95, sum(s.n) FILTER (s.width95 IS NOT NULL)::BIGINT AS n95,
    sum(s.volume_error) AS volume_error,
    sum(s.counts) FILTER (s.volume_error IS NOT NULL)::BIGINT AS counts,
    sum(b.n)::BIGINT AS base_n, sum(b.squared_error) AS base_squared_error,
    sum(v * b.targets) AS base_noise
FROM forecast_scores s
JOIN noise USING (channel)
LEFT JOIN forecast_scores b ON b.channel = s.channel AND b.day = s.day AND b.step = s.step
    AND b.model = 'session_mean'
WHERE s.channel IN (SELECT unnest($channels::VARCHAR[])) AND s.day >= $since AND s.day < $until
    AND s.step = $step
GROUP BY ALL
ORDER BY s.model, 2;
