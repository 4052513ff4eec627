-- The streams of an import, from its Parquet file $streams, at revision $rev.
-- A stream that was observed keeps its row.

INSERT INTO streams BY NAME
SELECT *, $rev AS rev FROM read_parquet($streams)
ON CONFLICT (stream_id) DO UPDATE SET
    started_at = excluded.started_at, ended_at = excluded.ended_at,
    undated = excluded.undated, vod_id = excluded.vod_id, rev = excluded.rev
WHERE streams.source = 'import';
