-- $channel is not named by events of other channels: raids that came from it or went to it.
-- $rev: the revision of the write.

UPDATE events SET detail = '', rev = $rev
WHERE kind LIKE 'raid%' AND regexp_matches(lower(detail), '\b' || $channel || '\b');
