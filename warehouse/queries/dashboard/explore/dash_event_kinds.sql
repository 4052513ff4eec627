-- Kinds of events of $channels (a list) in [$since, $until), the most frequent first, without those
-- of $hidden (a list). n: how many events.

FROM events
SELECT kind, count(*)::INTEGER AS n
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND "at" >= $since AND "at" < $until
    AND kind NOT IN (SELECT unnest($hidden::VARCHAR[]))
GROUP BY kind
ORDER BY n DESC, kind;
