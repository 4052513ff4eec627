-- Sums at steps 0 (five minutes) and 1 of every model, channel and basis over the days from $since on,
-- as latent_skill of forecast_metrics takes them. noise: what chance alone adds to n * nMSE, sum n (v / n), v the
-- within-window message variance of channel and basis. targets: what was judged.
-- base_*: of the session mean on the days of the model alone, which may serve since yesterday.

WITH noise AS (
    SELECT channel, basis, sum((n_messages - 1) * sd_compound ** 2) / sum(n_messages - 1) AS v
    FROM windows WHERE start >= $since AND n_messages > 1 GROUP BY channel, basis
)
SELECT channel, basis, step, s.model, sum(s.targets)::BIGINT AS targets, sum(s.n)::BIGINT AS n,
    sum(s.squared_error) AS squared_error, sum(v * s.targets) AS noise,
    sum(b.n)::BIGINT AS base_n, sum(b.squared_error) AS base_squared_error,
    sum(v * b.targets) AS base_noise
FROM forecast_scores s JOIN forecast_scores b USING (channel, basis, day, step)
    JOIN noise USING (channel, basis)
WHERE step IN (0, 1) AND day >= $since AND b.model = 'session_mean' AND s.n > 0 AND b.n > 0
GROUP BY channel, basis, step, s.model;
