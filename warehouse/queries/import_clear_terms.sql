-- Before an import: the terms of earlier imported windows in the spans of its streams.
-- $streams: its Parquet file of streams. Terms of observed windows stay.

DELETE FROM window_terms t
WHERE EXISTS (
    SELECT 1 FROM read_parquet($streams) s
    WHERE s.channel = t.channel AND t.start > s.started_at - INTERVAL 30 SECOND
        AND t.start < s.ended_at
) AND NOT EXISTS (
    SELECT 1 FROM windows w
    WHERE w.channel = t.channel AND w.start = t.start AND w.source <> 'import'
);
