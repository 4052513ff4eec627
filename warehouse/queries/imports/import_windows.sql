-- The windows of an import, from its Parquet file $windows, at revision $rev.
-- Where a window is there already it was observed, and stays.

INSERT INTO windows BY NAME
SELECT *, $rev AS rev FROM read_parquet($windows) i
WHERE NOT EXISTS (
    SELECT 1 FROM windows w WHERE w.channel = i.channel AND w.start = i.start
);
