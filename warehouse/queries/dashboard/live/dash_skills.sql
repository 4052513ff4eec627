-- Sums at steps 0 (five minutes) and 1 of every model, channel and basis over the days from $since on,
-- as latent_skill takes them, the noise from the hours' sums.

WITH noise AS (
    SELECT channel, basis, sum(sum_within) / nullif(sum(freedom), 0) AS v
    FROM window_hours WHERE hour >= $since GROUP BY channel, basis
)
SELECT channel, basis, s.model, step, sum(s.targets)::BIGINT AS targets, sum(s.n)::BIGINT AS n,
    sum(s.squared_error) AS squared_error, sum(v * s.targets) AS noise,
    sum(b.n)::BIGINT AS base_n, sum(b.squared_error) AS base_squared_error,
    sum(v * b.targets) AS base_noise
FROM forecast_scores s JOIN forecast_scores b USING (channel, basis, day, step)
    JOIN noise USING (channel, basis)
WHERE step IN (0, 1) AND day >= $since AND b.model = 'session_mean' AND s.n > 0 AND b.n > 0
    AND v IS NOT NULL
GROUP BY channel, basis, s.model, step;
