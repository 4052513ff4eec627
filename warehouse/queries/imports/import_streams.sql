-- The streams of an import, from its Parquet file $streams, at revision $rev. A stream that was
-- observed keeps its row; one of which a log held another part reaches as far as either.
-- $moved (a list): those that begin at another time than they did.

INSERT INTO streams BY NAME
SELECT *, $rev AS rev FROM read_parquet($streams)
WHERE stream_id NOT IN (SELECT stream_id FROM fates WHERE fate = 'elsewhere')
ON CONFLICT (stream_id) DO UPDATE SET
    started_at = excluded.started_at,
    ended_at = if(list_contains($moved::VARCHAR[], streams.stream_id), excluded.ended_at,
        greatest(streams.ended_at, excluded.ended_at)),
    undated = excluded.undated, placed = excluded.placed,
    title = coalesce(excluded.title, streams.title),
    category = coalesce(excluded.category, streams.category),
    vod_id = coalesce(excluded.vod_id, streams.vod_id), rev = excluded.rev
WHERE streams.source = 'import';
