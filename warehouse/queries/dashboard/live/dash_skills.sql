-- Latent skill at step 1 of every model and channel over the days from $since on, as the query
-- `skills` has it, the noise from the hours' sums. NULL where nothing can be known beyond the
-- session mean. targets: windows it rests on.

WITH noise AS (
    SELECT channel, sum(sum_within) / nullif(sum(freedom), 0) AS v
    FROM window_hours WHERE hour >= $since GROUP BY channel
), sums AS (
    SELECT s.channel, s.model, sum(s.targets) AS targets, sum(s.n) AS n,
        sum(s.squared_error) / sum(s.n) AS nmse, sum(b.targets) AS mean_targets,
        sum(b.n) AS mean_n, sum(b.squared_error) / sum(b.n) AS mean_nmse
    FROM forecast_scores s JOIN forecast_scores b USING (channel, day, step)
    WHERE step = 1 AND day >= $since AND b.model = 'session_mean' AND s.n > 0 AND b.n > 0
    GROUP BY s.channel, s.model
)
SELECT channel, model, targets,
    CASE WHEN mean_nmse > v * mean_targets / mean_n
        THEN 1 - (nmse - v * targets / n) / (mean_nmse - v * mean_targets / mean_n) END AS skill
FROM sums JOIN noise USING (channel)
WHERE v IS NOT NULL;
