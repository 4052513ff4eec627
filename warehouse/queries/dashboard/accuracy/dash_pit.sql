-- Where what happened lay among the quantiles that $model had said of it $step steps ahead (1..10), on
-- $channels (a list): forecasts made in [$since, $until), a row a bin that any fell into.
-- Bins: 0 below q025, 1 to q10, 2 to q50, 3 to q90, 4 to q975, 5 above.
-- Only windows that were seen whole and had messages are looked at, as when forecasts are scored.
-- Of forecasts of the mood that is read by $basis, and of windows that were read so.
-- Reads every forecast of the span: whoever asks keeps channels times days small.

WITH made AS (
    SELECT channel, cutoff + to_seconds(30 * ($step - 1)) AS start, q025[$step] AS q025,
        q10[$step] AS q10, q50[$step] AS q50, q90[$step] AS q90, q975[$step] AS q975
    FROM forecasts
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND model = $model
        AND cutoff >= $since AND cutoff < $until AND basis = $basis
)
SELECT ((mean_compound >= q025)::INTEGER + (mean_compound >= q10)::INTEGER
    + (mean_compound >= q50)::INTEGER + (mean_compound > q90)::INTEGER
    + (mean_compound > q975)::INTEGER)::INTEGER AS bin,
    count(*)::INTEGER AS targets, min(start) AS first_at, max(start) AS last_at,
    count(DISTINCT channel)::INTEGER AS channels
FROM made JOIN windows USING (channel, start)
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND n_messages > 0 AND observed_s = 30 AND basis = $basis
    AND start >= $since AND start < $until::TIMESTAMP + INTERVAL 5 MINUTE
GROUP BY bin
ORDER BY bin;
