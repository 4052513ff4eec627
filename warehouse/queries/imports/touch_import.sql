-- Before an import: notes the windows it may replace or add, so that rollups follow.
-- $streams, $windows: its Parquet files of streams and windows.

INSERT INTO touched
SELECT w.channel, w.start FROM windows w
WHERE w.source = 'import' AND (EXISTS (
    SELECT 1 FROM read_parquet($streams) s
    WHERE s.channel = w.channel AND w.start > s.started_at - INTERVAL 30 SECOND
        AND w.start < s.ended_at
) OR w.stream_id IN (SELECT stream_id FROM read_parquet($streams)))
UNION ALL
SELECT channel, start FROM read_parquet($windows);
