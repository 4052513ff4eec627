-- The terms of an import, from its Parquet file $terms, at revision $rev; of imported
-- windows only, and only once.

INSERT INTO window_terms BY NAME
SELECT *, $rev AS rev FROM read_parquet($terms) i
WHERE EXISTS (
    SELECT 1 FROM windows w
    WHERE w.channel = i.channel AND w.start = i.start AND w.source = 'import' AND w.rev = $rev
);
