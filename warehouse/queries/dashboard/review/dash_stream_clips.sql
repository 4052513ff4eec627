-- Clips that viewers made of the video $vod of $channel and whose place in it is known, the $limit
-- most viewed ones, the most viewed first. vod_offset_s: where one begins; it may be 24 s off.

FROM clips
SELECT clip_id, vod_offset_s, duration_s, views
WHERE channel = $channel AND vod_id = $vod AND vod_offset_s IS NOT NULL
ORDER BY views DESC, clip_id
LIMIT $limit;
