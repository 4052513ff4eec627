-- After an import's rows are in, at revision $rev: streams that lost windows to another end with
-- the last they have.

UPDATE streams o SET ended_at = w.until, rev = $rev
FROM (
    SELECT stream_id, max(start) + INTERVAL 30 SECOND AS until FROM windows
    WHERE stream_id IN (SELECT was FROM fates WHERE fate = 'replaced' AND was <> stream_id)
    GROUP BY stream_id
) w
WHERE o.stream_id = w.stream_id AND o.source = 'import';
