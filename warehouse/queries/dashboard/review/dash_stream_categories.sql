-- Categories that the stream of $channel in [$since, $until) turned to, oldest first.

FROM events
SELECT "at", detail
WHERE channel = $channel AND kind = 'category' AND "at" >= $since AND "at" < $until
ORDER BY "at", event_id;
