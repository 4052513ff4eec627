-- Decisions on moments of $channel, of all its streams: events of $kinds (a list) in the order in
-- which they were taken, which their ids begin with.

FROM events
SELECT event_id, "at", kind, detail
WHERE channel = $channel AND kind IN (SELECT unnest($kinds::VARCHAR[]))
ORDER BY event_id;
