-- dash_series for long spans, from the hours' sums: the same columns and values where $since
-- and $until are full hours, and $step_s and $offset_s whole numbers of hours.
-- $channels: a list; $since, $until: [$since, $until); buckets count from midnight as it is
-- $offset_s seconds east of UTC.
-- Of windows that were read by $basis alone.

WITH sums AS (
    SELECT channel,
        time_bucket(to_seconds($step_s), hour,
            TIMESTAMP '2000-01-01' - to_seconds($offset_s)) AS bucket,
        sum(windows)::INTEGER AS windows, sum(observed_s) AS observed_s,
        sum(n_messages)::BIGINT AS n, sum(n_filtered)::BIGINT AS n_filtered,
        sum(sum_mean) / nullif(sum(n_messages), 0) AS mean,
        sum(sum_within) AS within, sum(sum_square) AS squared, sum(freedom) AS freedom,
        sum(sum_positive) / nullif(sum(n_messages), 0) AS share_positive,
        sum(sum_negative) / nullif(sum(n_messages), 0) AS share_negative
    FROM window_hours
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND hour >= $since AND hour < $until
        AND basis = $basis
    GROUP BY channel, bucket
)
SELECT channel, bucket AS start, $basis AS basis, windows, observed_s, n, n_filtered, mean,
    coalesce(
        CASE WHEN n BETWEEN 1 AND 9 THEN sqrt(sum(within) OVER c / nullif(sum(freedom) OVER c, 0)) END,
        CASE WHEN n > 1 THEN sqrt(greatest(within + squared - n * mean ** 2, 0) / (n - 1)) END
    ) AS sd,
    share_positive, share_negative
FROM sums WINDOW c AS (PARTITION BY channel)
ORDER BY channel, start;
