-- The channels of an import, from its Parquet file $channels, at revision $rev; its streams are in
-- $streams. A channel that is known already keeps what is known of it, and gets what it lacked.
-- Where nobody but imports told of it, its newest stream says what it is called today; a login only
-- where that log has Twitch's id too, and nobody else has the login.

INSERT INTO channels BY NAME
WITH newest AS (
    FROM read_parquet($streams) AS told JOIN streams USING (channel)
    SELECT channel, max(told.started_at) >= max(streams.started_at) AS is_newest
    WHERE told.undated IS NOT TRUE AND streams.undated IS NOT TRUE
    GROUP BY channel
), told AS (
    FROM read_parquet($channels) AS new
    LEFT JOIN channels AS old USING (channel) LEFT JOIN newest USING (channel)
    SELECT new.*, old, coalesce(is_newest, false) AND old.source = 'import' AS is_today,
        is_today AND new.channel_id <> '' AND new.login IS NOT NULL
            AND NOT EXISTS (FROM channels AS c WHERE c.login = new.login) AS is_called,
        is_today OR coalesce(lower(old.display_name), '') IN ('', channel, old.login) AS is_shown
)
FROM told
SELECT channel, readable, language, source, $rev AS rev,
    if(coalesce(old.channel_id, '') = '', channel_id, old.channel_id) AS channel_id,
    if(old.source IS NULL OR is_called, login, old.login) AS login,
    if(is_shown, coalesce(nullif(display_name, ''), old.display_name, ''), old.display_name) AS display_name
ON CONFLICT (channel) DO UPDATE SET
    channel_id = excluded.channel_id, login = excluded.login,
    display_name = excluded.display_name, rev = excluded.rev
WHERE (channels.channel_id, channels.login, channels.display_name)
    IS DISTINCT FROM (excluded.channel_id, excluded.login, excluded.display_name);
