-- Telling lines of $channels (a list) in [$since, $until) while they are kept: at most $limit,
-- the strongest first. They hold chat: show them as text, never as markup.

FROM samples
SELECT channel, start, text, compound
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND start >= $since AND start < $until
ORDER BY abs(compound) DESC, start DESC, rank
LIMIT $limit;
