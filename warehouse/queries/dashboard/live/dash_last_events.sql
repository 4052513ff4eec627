-- The last event of each channel since $since; of no kind of $hidden (a list).

FROM events
SELECT channel, "at", kind, detail
WHERE "at" >= $since AND kind NOT IN (SELECT unnest($hidden::VARCHAR[]))
QUALIFY row_number() OVER (PARTITION BY channel ORDER BY "at" DESC, event_id) = 1
ORDER BY channel;
