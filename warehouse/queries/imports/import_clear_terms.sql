-- Before an import: the terms of the earlier imported windows that it replaces.
-- $streams: its Parquet file of streams. Terms of observed windows stay.

DELETE FROM window_terms t
WHERE EXISTS (
    SELECT 1 FROM windows w
    WHERE w.channel = t.channel AND w.start = t.start AND w.source = 'import' AND (EXISTS (
        SELECT 1 FROM read_parquet($streams) s
        WHERE s.channel = w.channel AND w.start > s.started_at - INTERVAL 30 SECOND
            AND w.start < s.ended_at
    ) OR w.stream_id IN (SELECT stream_id FROM read_parquet($streams)))
);
