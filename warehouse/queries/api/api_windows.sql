-- Windows of $channel in [$since, $until), the $limit oldest, oldest first.
-- Moods and shares are NULL in silence; observed_s 0: nobody was looking.

FROM windows
SELECT channel, start, stream_id, source, basis, observed_s, n_messages, n_chatters, n_filtered,
    n_late, n_laughs, n_capitals, mean_compound, sd_compound, share_positive, share_negative,
    share_scored, share_emote, readable, lexicon_version
WHERE channel = $channel AND start >= $since AND start < $until
ORDER BY start
LIMIT $limit;
