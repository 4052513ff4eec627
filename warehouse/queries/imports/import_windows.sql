-- The windows of an import that are new or replace others, from its Parquet file $windows, at
-- revision $rev.

INSERT INTO windows BY NAME
SELECT *, $rev AS rev FROM read_parquet($windows) i
WHERE EXISTS (
    SELECT 1 FROM fates f
    WHERE f.channel = i.channel AND f.start = i.start AND f.fate IN ('new', 'replaced')
);
