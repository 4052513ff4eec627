-- Every window of $basis that belongs to a stream of $channel: what forecasts are trained and judged on.
-- Ordered so that a session's windows are neighbours, oldest first.

SELECT channel, stream_id, start, observed_s, n_messages, n_chatters, mean_compound, sd_compound,
    share_positive, share_negative, share_scored, share_emote, sub_n, sub_mean, lexicon_version,
    basis
FROM windows
WHERE channel = $channel AND basis = $basis AND stream_id IS NOT NULL
ORDER BY stream_id, start;
