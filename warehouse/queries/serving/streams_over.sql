-- Streams of $source that ended in [$since, $until) and lasted $least_s seconds or more, with
-- chat, oldest first; none without a date of its own.

FROM streams s
SELECT stream_id, channel
WHERE source = $source AND ended_at >= $since AND ended_at < $until AND undated IS NOT TRUE
    AND ended_at - started_at >= to_seconds($least_s)
    AND EXISTS (FROM windows w WHERE w.stream_id = s.stream_id AND w.n_messages > 0)
ORDER BY ended_at, stream_id;
