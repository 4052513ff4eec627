-- After an import's rows are in: delete imported streams that it told of, and that have no window
-- (left). $streams: its Parquet file of streams.

DELETE FROM streams o
WHERE o.source = 'import'
    AND (
        o.stream_id IN (SELECT stream_id FROM read_parquet($streams))
        OR o.stream_id IN (SELECT was FROM fates)
    )
    AND NOT EXISTS (
        SELECT 1 FROM windows w WHERE w.channel = o.channel AND w.stream_id = o.stream_id
    );
