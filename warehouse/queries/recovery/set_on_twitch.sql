-- When a marker and a clip were last set on Twitch, by channel and kind, for moments since $since.

SELECT channel, kind, max("at") AS "at" FROM events
WHERE "at" >= $since AND kind IN ('twitch_marker', 'twitch_clip')
GROUP BY channel, kind ORDER BY channel, kind;
