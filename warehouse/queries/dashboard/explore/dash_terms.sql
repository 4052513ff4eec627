-- Terms of $channels (a list) in [$since, $until): the $limit that raised the mood most, the
-- $limit that lowered it most and the $limit used most.
-- contribution: part of the span's mean mood, sum(contribution * n_messages) / sum(n_messages);
-- with the windows' rest (term '*', first row, kind 'rest') all terms add up to that mean.
-- n: uses; windows: windows with the term; total: all messages of the span. kind: an emote where it
-- is one in any channel.
-- Of windows that were read by $basis alone.

WITH span AS (
    SELECT channel, start, n_messages FROM windows
    WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
        AND start >= $since AND start < $until AND n_messages > 0 AND basis = $basis
), total AS (
    SELECT sum(n_messages)::BIGINT AS total FROM span
), used AS (
    SELECT t.term, min(t.kind) AS kind, sum(t.n)::BIGINT AS n, count(*)::BIGINT AS windows,
        count(DISTINCT t.channel)::INTEGER AS channels,
        sum(t.contribution * s.n_messages) AS part
    FROM window_terms t JOIN span s ON s.channel = t.channel AND s.start = t.start
    WHERE t.channel IN (SELECT unnest($channels::VARCHAR[]))
        AND t.start >= $since AND t.start < $until
    GROUP BY t.term
)
SELECT term, kind, n, windows, channels, part / total AS contribution, total
FROM used, total
QUALIFY kind = 'rest'
    OR row_number() OVER (ORDER BY kind = 'rest', part DESC, term) <= $limit AND part > 0
    OR row_number() OVER (ORDER BY kind = 'rest', part, term) <= $limit AND part < 0
    OR row_number() OVER (ORDER BY kind = 'rest', n DESC, term) <= $limit
ORDER BY kind <> 'rest', part DESC, n DESC, term;
