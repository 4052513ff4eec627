-- Mood and activity of $channels (a list) in [$since, $until), in buckets of $step_s seconds,
-- oldest first. Buckets count from midnight as it is $offset_s seconds east of UTC.
-- mean, sd: over all messages of the bucket (sd with ddof 1, from the windows' own means and
-- sds); of fewer than ten messages, whose own sd says little, the channel's usual one.
-- Only windows that exist are here: what has no row was not observed. mean NULL: silence.
-- Of windows that were read by $basis alone.

WITH cut AS (
    SELECT channel,
        time_bucket(to_seconds($step_s), start,
            TIMESTAMP '2000-01-01' - to_seconds($offset_s)) AS bucket,
        observed_s, n_messages AS n, n_chatters, n_filtered, mean_compound AS m,
        coalesce((n_messages - 1) * sd_compound ** 2, 0) AS within,
        n_messages * mean_compound AS weighted,
        n_messages * mean_compound ** 2 AS squared,
        share_positive * n_messages AS positive, share_negative * n_messages AS negative
    FROM windows
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND start >= $since AND start < $until
        AND basis = $basis
), sums AS (
    SELECT channel, bucket, count(*)::INTEGER AS windows, sum(observed_s) AS observed_s,
        sum(n)::BIGINT AS n, max(n_chatters) AS most_chatters, sum(n_filtered)::BIGINT AS n_filtered,
        sum(weighted) / nullif(sum(n), 0) AS mean,
        sum(within) AS within, sum(squared) AS squared,
        sum(greatest(n - 1, 0)) AS freedom,
        sum(positive) / nullif(sum(n), 0) AS share_positive,
        sum(negative) / nullif(sum(n), 0) AS share_negative
    FROM cut GROUP BY channel, bucket
)
SELECT channel, bucket AS start, $basis AS basis, windows, observed_s, n, n_filtered, mean,
    coalesce(
        CASE WHEN n BETWEEN 1 AND 9 THEN sqrt(sum(within) OVER c / nullif(sum(freedom) OVER c, 0)) END,
        CASE WHEN n > 1 THEN sqrt(greatest(within + squared - n * mean ** 2, 0) / (n - 1)) END
    ) AS sd,
    share_positive, share_negative
FROM sums WINDOW c AS (PARTITION BY channel)
ORDER BY channel, start;
