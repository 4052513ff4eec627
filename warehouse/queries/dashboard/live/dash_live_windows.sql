-- The last $k windows since $since of each of $channels (a list) of $source, oldest first.
-- mean NULL: silence, or not observed (observed_s 0). sd: of the window's messages (ddof 1);
-- of fewer than ten, whose own sd says little, the usual one of these windows. sd_compound: the
-- window's own.

WITH last AS (
    SELECT channel, start, basis, observed_s, n_messages AS n, n_chatters, mean_compound AS mean,
        share_scored, n_laughs, sd_compound, (n_messages - 1) * sd_compound ** 2 AS within
    FROM windows
    WHERE start >= $since AND source = $source
        AND channel IN (SELECT unnest($channels::VARCHAR[]))
    QUALIFY row_number() OVER (PARTITION BY channel ORDER BY start DESC) <= $k
)
SELECT channel, start, basis, observed_s, n, n_chatters, mean, share_scored, n_laughs, sd_compound,
    coalesce(
        CASE WHEN n BETWEEN 1 AND 9
            THEN sqrt(sum(within) OVER c / nullif(sum(n - 1) FILTER (n > 1) OVER c, 0)) END,
        sd_compound
    ) AS sd
FROM last WINDOW c AS (PARTITION BY channel, basis)
ORDER BY channel, start;
