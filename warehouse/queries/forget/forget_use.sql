-- Before the terms of $channel go: those in the vocabulary were used by one channel less.
-- $rev: the revision of the write.

UPDATE vocabulary SET n_channels = greatest(n_channels - 1, 0), rev = $rev
WHERE n_channels > 0 AND term IN (SELECT DISTINCT term FROM window_terms WHERE channel = $channel);
