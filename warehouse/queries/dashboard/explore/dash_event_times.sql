-- When events of $kind happened in $channels (a list) in [$since, $until), by channel and time: the
-- newest $limit of them.

FROM (
    FROM events
    SELECT channel, "at"
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND "at" >= $since AND "at" < $until
        AND kind = $kind
    ORDER BY "at" DESC, event_id
    LIMIT $limit
)
ORDER BY channel, "at";
