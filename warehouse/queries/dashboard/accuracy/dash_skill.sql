-- The $sums of scores (columns of forecast_scores, as forecast_metrics declares them) of every
-- model on $channels (a list) over the full days [$since, $until): a row a model, step and block,
-- 40 blocks of channel-days at most, which the interval of the skill is made of.
-- n_NAME, counts_NAME: messages and counts of the scores that have a sum which was kept $later.
-- noise: the part of n * nMSE nobody can know, sum n (v / n) = v * targets, v being the channel's
-- pooled within-window message variance over these days.
-- base_*: of the running session mean on the same targets. first_day, last_day: that were judged.
-- Of forecasts of the mood that is read by $basis.

WITH noise AS (
    SELECT channel, sum(sum_within) / nullif(sum(freedom), 0) AS v
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
        AND basis = $basis
    GROUP BY channel
), known AS (
    SELECT channel, v, row_number() OVER (ORDER BY channel) AS k FROM noise WHERE v IS NOT NULL
), scored AS MATERIALIZED (     -- a number for channel, day and step is joined in half the time
    SELECT s.*, v, k + 7 * date_diff('day', DATE '1970-01-01', s.day) AS spread,
        (k * 100000 + date_diff('day', DATE '1970-01-01', s.day)) * 11 + s.step AS place
    FROM forecast_scores s JOIN known USING (channel)
    WHERE s.channel IN (SELECT unnest($channels::VARCHAR[]))
        AND s.day >= $since AND s.day < $until AND s.basis = $basis
), base AS (
    SELECT place, targets AS base_targets, n AS base_n, squared_error AS base_squared_error
    FROM scored WHERE model = 'session_mean'
)
SELECT model, step, spread % 40 AS block,
    sum(COLUMNS($sums))::DOUBLE AS '\0',
    sum(CASE WHEN COLUMNS($later) IS NOT NULL THEN n END)::DOUBLE AS 'n_\0',
    sum(CASE WHEN COLUMNS($later) IS NOT NULL THEN counts END)::DOUBLE AS 'counts_\0',
    min(day) AS first_day, max(day) AS last_day,
    sum(v * targets) AS noise, sum(base_n)::DOUBLE AS base_n,
    sum(base_squared_error) AS base_squared_error, sum(v * base_targets) AS base_noise
FROM scored LEFT JOIN base USING (place)
GROUP BY ALL
ORDER BY model, step, block;
