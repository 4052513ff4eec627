-- Mood and activity of each stream of $channels (a list) in the full hours [$since, $until), oldest
-- first, from the hours' sums: dash_series with a row a stream, from start to until.
-- An hour counts for the stream that holds its beginning, or that begins in it where one does (of
-- several the last), so the rows add up to the span. What lies outside of the span is not counted.
-- Of windows that were read by $basis alone.

WITH begun AS (
    FROM streams
    SELECT channel, stream_id, started_at, coalesce(ended_at, $until) AS ended_at,
        date_trunc('hour', started_at) AS first_hour
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND started_at < $until
        AND coalesce(ended_at, $until) > $since
    QUALIFY row_number() OVER (PARTITION BY channel, first_hour ORDER BY started_at DESC) = 1
), sums AS (
    SELECT h.channel, s.stream_id, greatest(min(s.started_at), $since) AS start,
        least(greatest(max(s.ended_at), min(s.started_at) + INTERVAL 30 SECONDS), $until) AS until,
        sum(windows)::INTEGER AS windows, sum(observed_s) AS observed_s,
        sum(n_messages)::BIGINT AS n, sum(n_filtered)::BIGINT AS n_filtered,
        sum(sum_mean) / nullif(sum(n_messages), 0) AS mean,
        sum(sum_within) AS within, sum(sum_square) AS squared, sum(freedom) AS freedom,
        sum(sum_positive) / nullif(sum(n_messages), 0) AS share_positive,
        sum(sum_negative) / nullif(sum(n_messages), 0) AS share_negative
    FROM (
        FROM window_hours WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
            AND hour >= $since AND hour < $until AND basis = $basis
    ) h
    ASOF JOIN begun s ON h.channel = s.channel AND h.hour >= s.first_hour
    WHERE h.hour <= s.ended_at
    GROUP BY h.channel, s.stream_id
)
SELECT channel, start, until, stream_id, $basis AS basis, windows, observed_s, n, n_filtered, mean,
    coalesce(
        CASE WHEN n BETWEEN 1 AND 9 THEN sqrt(sum(within) OVER c / nullif(sum(freedom) OVER c, 0)) END,
        CASE WHEN n > 1 THEN sqrt(greatest(within + squared - n * mean ** 2, 0) / (n - 1)) END
    ) AS sd,
    share_positive, share_negative
FROM sums WINDOW c AS (PARTITION BY channel)
ORDER BY channel, start;
