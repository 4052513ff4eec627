-- Forecasts of the five minutes after a cutoff beside what came, on $channels (a list): the newest
-- $limit that $model made in [$since, $until) and that can be judged, oldest first.
-- mean, n: of all messages of those ten windows, as far as they were seen whole. Judged are those
-- of which eight had chat. usual: the stream's mean up to the cutoff.
-- Of forecasts of the mood that is read by $basis, and of windows that were read so.
-- Reads every forecast of the span: whoever asks keeps channels times days small.

WITH made AS (
    FROM forecasts
    SELECT channel, cutoff, five_q025, five_q10, five_q50, five_q90, five_q975, usual
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND model = $model
        AND cutoff >= $since AND cutoff < $until AND basis = $basis AND five_q50 IS NOT NULL
), seen AS MATERIALIZED (       -- a window is a part of ten five minutes
    SELECT channel, start, n_messages AS n, n_messages * mean_compound AS total FROM windows
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND n_messages > 0 AND observed_s = 30
        AND basis = $basis AND start >= $since
        AND start < $until::TIMESTAMP + INTERVAL 5 MINUTE
), came AS (
    SELECT channel, start - to_seconds(30 * k) AS cutoff, sum(n)::BIGINT AS n,
        sum(total) / sum(n) AS mean
    FROM seen, range(10) ten(k)
    GROUP BY ALL HAVING count(*) >= 8
)
FROM (
    FROM made JOIN came USING (channel, cutoff)
    ORDER BY cutoff DESC, channel LIMIT $limit
)
ORDER BY cutoff, channel;
