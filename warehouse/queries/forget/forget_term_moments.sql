-- Moments are not told by $terms (a list): their details are TERM x N, ... where they name one.
-- $rev: the revision of the write.

UPDATE events SET detail = '', rev = $rev
WHERE kind = 'moment' AND split_part(detail, ' x ', 1) IN (SELECT unnest($terms::VARCHAR[]));
