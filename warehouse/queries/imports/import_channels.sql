-- The channels of an import, from its Parquet file $channels, at revision $rev.
-- A channel that is known already keeps what is known of it, and gets the id that it lacked.

INSERT INTO channels BY NAME
SELECT *, $rev AS rev FROM read_parquet($channels)
ON CONFLICT (channel) DO UPDATE SET channel_id = excluded.channel_id, rev = excluded.rev
WHERE excluded.channel_id <> '' AND coalesce(channels.channel_id, '') = '';
