-- Before an import: the months, as 2026-11, of the earlier imported windows it replaces.
-- $streams: its Parquet file of streams.

SELECT DISTINCT strftime(w.start, '%Y-%m') AS month FROM windows w
WHERE w.source = 'import' AND (EXISTS (
    SELECT 1 FROM read_parquet($streams) s
    WHERE s.channel = w.channel AND w.start > s.started_at - INTERVAL 30 SECOND
        AND w.start < s.ended_at
) OR w.stream_id IN (SELECT stream_id FROM read_parquet($streams)))
ORDER BY month;
