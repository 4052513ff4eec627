-- End the streams of $channel that go on, with their last window. $rev: the write's revision.

UPDATE streams SET rev = $rev, ended_at = coalesce(
    (SELECT max(w.start) + INTERVAL 30 SECOND FROM windows w WHERE w.stream_id = streams.stream_id),
    started_at)
WHERE channel = $channel AND ended_at IS NULL;
