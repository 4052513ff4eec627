-- The last event of each channel since $since.

FROM events
SELECT channel, "at", kind, detail
WHERE "at" >= $since
QUALIFY row_number() OVER (PARTITION BY channel ORDER BY "at" DESC, event_id) = 1
ORDER BY channel;
