-- Events of $channels (a list) in [$since, $until), oldest first, the newest $limit of them.

FROM (
    FROM events
    SELECT channel, "at", kind, detail, event_id
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND "at" >= $since AND "at" < $until
    ORDER BY "at" DESC, event_id
    LIMIT $limit
)
ORDER BY "at", event_id;
