-- The terms of an import's windows that are new or replace others, from its Parquet file $terms, at
-- revision $rev.

INSERT INTO window_terms BY NAME
SELECT *, $rev AS rev FROM read_parquet($terms) i
WHERE EXISTS (
    SELECT 1 FROM fates f
    WHERE f.channel = i.channel AND f.start = i.start AND f.fate IN ('new', 'replaced')
);
