-- The last alert of each channel and kind since $since; new terms have no channel and are left out.

SELECT channel, kind, max("at") AS "at" FROM alerts
WHERE "at" >= $since AND channel IS NOT NULL
GROUP BY channel, kind ORDER BY channel, kind;
