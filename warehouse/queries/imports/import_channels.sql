-- The channels of an import, from its Parquet file $channels, at revision $rev.
-- A channel that is known already keeps what is known of it.

INSERT INTO channels BY NAME
SELECT *, $rev AS rev FROM read_parquet($channels)
ON CONFLICT (channel) DO NOTHING;
