-- $channel, whose login is $login, is not named by events of other channels: raids that came from
-- it, which are told as LOGIN with N. $rev: the revision of the write.

UPDATE events SET detail = '', rev = $rev
WHERE kind LIKE 'raid%' AND split_part(lower(detail), ' ', 1) IN ($channel, $login);
