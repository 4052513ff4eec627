-- How often the connection of each of $channels (a list) was lost in [$since, $until), and when
-- last; channels that never lost it have no row.

FROM events
SELECT channel, count(*)::INTEGER AS losses, max("at") AS last_at
WHERE kind = 'connection_lost' AND "at" >= $since AND "at" < $until
    AND channel IN (SELECT unnest($channels::VARCHAR[]))
GROUP BY channel
ORDER BY channel;
