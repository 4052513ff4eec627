-- $channel is not named by the evidence of any term, a JSON text with a list of channels.
-- $rev: the revision of the write.

UPDATE vocabulary
SET evidence = replace(replace(replace(evidence, '"' || $channel || '", ', ''),
        ', "' || $channel || '"', ''), '"' || $channel || '"', ''),
    n_channels = greatest(n_channels - 1, 0), rev = $rev
WHERE contains(evidence, '"' || $channel || '"');
