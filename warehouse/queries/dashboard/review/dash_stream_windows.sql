-- Windows of the stream $stream of $channel, which lie in [$since, $until), oldest first.
-- mean NULL: silence, or not observed (observed_s 0). sd: of the window's messages (ddof 1).
-- sub_n: messages in its six slots of 5 s.
-- Windows that name no stream belong to the one they lie in.

FROM windows
SELECT start, basis, observed_s, n_messages AS n, mean_compound AS mean, sd_compound AS sd,
    share_scored, n_laughs, n_capitals, sub_n
WHERE channel = $channel AND start >= $since AND start < $until
    AND coalesce(stream_id, $stream) = $stream
ORDER BY start;
