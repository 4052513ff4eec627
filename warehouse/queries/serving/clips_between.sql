-- Ids of the clips of $channel that were made from $since on and before $until.

SELECT clip_id FROM clips
WHERE channel = $channel AND "at" >= $since AND "at" < $until;
