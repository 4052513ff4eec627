-- Before an import: earlier imported windows in the spans of its streams.
-- $streams: its Parquet file of streams. Observed windows stay.

DELETE FROM windows w
WHERE w.source = 'import' AND EXISTS (
    SELECT 1 FROM read_parquet($streams) s
    WHERE s.channel = w.channel AND w.start > s.started_at - INTERVAL 30 SECOND
        AND w.start < s.ended_at
);
