-- The video of the stream called $stream_id is $vod_id, where none was known. $rev: the revision
-- of the write.

UPDATE streams SET vod_id = $vod_id, rev = $rev
WHERE stream_id = $stream_id AND coalesce(vod_id, '') = '';
