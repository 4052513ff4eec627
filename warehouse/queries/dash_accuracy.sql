-- Scored forecasts of $channels (a list) over the full days [$since, $until), a row a channel, day,
-- model and step, beside the running session mean on the same targets.
-- noise: the part of n * nMSE nobody can know, sum n (v / n) = v * targets, v being the
-- channel's pooled within-window message variance over these days.

WITH noise AS (
    SELECT channel, sum(sum_within) / nullif(sum(freedom), 0) AS v
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
    GROUP BY channel
)
SELECT s.channel, s.day, s.model, s.step, s.targets, s.n, s.squared_error, s.absolute_error,
    s.crps, s.width80, s.hits80, s.hits95, v * s.targets AS noise,
    b.n AS base_n, b.squared_error AS base_squared_error, v * b.targets AS base_noise
FROM forecast_scores s
LEFT JOIN noise USING (channel)
LEFT JOIN forecast_scores b ON b.channel = s.channel AND b.day = s.day AND b.step = s.step
    AND b.model = 'session_mean'
WHERE s.channel IN (SELECT unnest($channels::VARCHAR[])) AND s.day >= $since AND s.day < $until
ORDER BY s.channel, s.day, s.model, s.step;
