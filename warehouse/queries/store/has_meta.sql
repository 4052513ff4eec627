-- Whether this database has been through its first migration.

SELECT count(*) FROM information_schema.tables WHERE table_name = 'meta';
