-- Alerts of $channels (a list), and those of no channel, of $kinds (a list) in [$since, $until),
-- newest first, $limit of them. total: how many there are.

FROM alerts
SELECT channel, "at", kind, detail, count(*) OVER ()::INTEGER AS total
WHERE "at" >= $since AND "at" < $until AND kind IN (SELECT unnest($kinds::VARCHAR[]))
    AND (channel IS NULL OR channel IN (SELECT unnest($channels::VARCHAR[])))
ORDER BY "at" DESC, alert_id
LIMIT $limit;
