-- Latent skill at step 1 of every model and channel over the days from $since on:
-- 1 - (nMSE - floor) / (nMSE of session_mean - floor), the floor being the variance that the
-- mean of n messages has by itself (v / n, v the channel's within-window variance).
-- NULL where nothing can be known beyond the session mean. targets: windows it rests on.

WITH noise AS (
    SELECT channel, sum((n_messages - 1) * sd_compound ** 2) / sum(n_messages - 1) AS v
    FROM windows WHERE start >= $since AND n_messages > 1 GROUP BY channel
), sums AS (
    SELECT channel, model, sum(targets) AS targets, sum(n) AS n,
        sum(squared_error) / sum(n) AS nmse
    FROM forecast_scores WHERE step = 1 AND day >= $since AND n > 0 GROUP BY channel, model
)
SELECT s.channel, s.model, s.targets,
    CASE WHEN b.nmse > v * b.targets / b.n
        THEN 1 - (s.nmse - v * s.targets / s.n) / (b.nmse - v * b.targets / b.n) END AS skill
FROM sums s JOIN noise USING (channel)
JOIN sums b ON b.channel = s.channel AND b.model = 'session_mean';
