-- Names of the tables that have a column `channel`.

SELECT table_name FROM duckdb_columns()
WHERE column_name = 'channel' AND database_name = current_database() AND NOT internal
    AND table_name IN (
        SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()
    )
ORDER BY table_name;
