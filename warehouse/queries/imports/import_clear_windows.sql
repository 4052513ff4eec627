-- Before an import: earlier imported windows of its streams, and in their spans.
-- $streams: its Parquet file of streams. Observed windows stay.

DELETE FROM windows w
WHERE w.source = 'import' AND (EXISTS (
    SELECT 1 FROM read_parquet($streams) s
    WHERE s.channel = w.channel AND w.start > s.started_at - INTERVAL 30 SECOND
        AND w.start < s.ended_at
) OR w.stream_id IN (SELECT stream_id FROM read_parquet($streams)));
