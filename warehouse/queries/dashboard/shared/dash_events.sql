-- Events of $channels (a list) in [$since, $until), oldest first, the newest $limit of them; without
-- the kinds of $hidden (a list).

FROM (
    FROM events
    SELECT channel, "at", kind, detail, event_id
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND "at" >= $since AND "at" < $until
        AND kind NOT IN (SELECT unnest($hidden::VARCHAR[]))
    ORDER BY "at" DESC, event_id
    LIMIT $limit
)
ORDER BY "at", event_id;
