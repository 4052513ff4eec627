-- Delete the clips called $ids, a list.

DELETE FROM clips WHERE clip_id IN (SELECT unnest($ids::VARCHAR[]));
