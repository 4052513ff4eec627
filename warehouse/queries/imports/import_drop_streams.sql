-- After an import's rows are in: delete imported streams of its channels that have no window
-- left, all of them having been replaced, but not its own. $streams: its Parquet file.

DELETE FROM streams o
WHERE o.source = 'import'
    AND o.channel IN (SELECT channel FROM read_parquet($streams))
    AND o.stream_id NOT IN (SELECT stream_id FROM read_parquet($streams))
    AND EXISTS (
        SELECT 1 FROM read_parquet($streams) s
        WHERE s.channel = o.channel AND s.started_at < o.ended_at AND s.ended_at > o.started_at
    )
    AND NOT EXISTS (
        SELECT 1 FROM windows w WHERE w.channel = o.channel AND w.stream_id = o.stream_id
    );
