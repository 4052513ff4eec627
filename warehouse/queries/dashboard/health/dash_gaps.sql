-- The longest stretches of $channels (a list) in [$since, $until) that were not, or not wholly,
-- observed, $limit of them: windows one after another that miss 5 seconds or more. Where a log
-- begins or ends nothing was missed, nor before a stream began or after it ended. total: how many
-- there are.

WITH partly AS (
    FROM windows w LEFT JOIN streams s USING (stream_id)
    SELECT w.channel, start, epoch(
        least(start + INTERVAL 30 SECOND, ended_at) - greatest(start, started_at)) - observed_s AS lost
    WHERE w.channel IN (SELECT unnest($channels::VARCHAR[]))
        AND start >= $since AND start < $until AND w.source <> 'import'
        AND observed_s <= 25
), missed AS (
    FROM partly
    SELECT channel, start, lost,
        start - INTERVAL 30 SECOND * row_number() OVER (PARTITION BY channel ORDER BY start)
            AS stretch
    WHERE lost >= 5
)
FROM missed
SELECT channel, min(start) AS since, max(start) + INTERVAL 30 SECOND AS until,
    count(*)::INTEGER AS windows, sum(lost) AS lost_s, count(*) OVER ()::INTEGER AS total
GROUP BY channel, stretch
ORDER BY lost_s DESC, since, channel
LIMIT $limit;
