-- The events of an import, from its Parquet file $events, at revision $rev. Those in windows that
-- stay as they were are left out, and those that are known: of that id, or of that kind then.

INSERT INTO events BY NAME
SELECT *, $rev AS rev FROM read_parquet($events) e
WHERE NOT EXISTS (
        SELECT 1 FROM fates f
        WHERE f.channel = e.channel AND e.at >= f.start AND e.at < f.start + INTERVAL 30 SECOND
            AND f.fate IN ('observed', 'fewer', 'shorter', 'elsewhere')
    )
    AND NOT EXISTS (
        SELECT 1 FROM events o
        WHERE o.channel = e.channel AND o.kind = e.kind
            AND o.at BETWEEN e.at - INTERVAL 1 SECOND AND e.at + INTERVAL 1 SECOND
    )
ON CONFLICT DO NOTHING;
