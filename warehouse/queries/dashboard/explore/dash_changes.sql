-- Changes of title and category of $channels (a list) in [$since, $until), oldest first: the
-- newest $limit of them; detail is the new one.

FROM (
    FROM events
    SELECT channel, "at", kind, detail
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND "at" >= $since AND "at" < $until
        AND kind IN ('title', 'category')
    ORDER BY "at" DESC, event_id
    LIMIT $limit
)
ORDER BY "at", channel, kind;
