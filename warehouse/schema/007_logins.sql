-- The login of today beside the key (identities.py); NULL where another has taken it since. Rows
-- that one broadcaster has under two logins go to the key that was met first. Windows that would
-- share a place: the one with more messages stays, nothing is summed.

ALTER TABLE channels ADD COLUMN login VARCHAR;

UPDATE meta SET value = (value::BIGINT + 1)::VARCHAR WHERE name = 'revision' AND EXISTS (FROM channels);
CREATE TEMP TABLE now AS SELECT coalesce(max(value::BIGINT), 0) AS rev FROM meta WHERE name = 'revision';

CREATE TEMP TABLE moved AS
WITH real AS (
    SELECT c.channel, c.channel_id, w.since, w.latest
    FROM channels c
    LEFT JOIN (SELECT channel, min(start) AS since, max(start) AS latest FROM windows GROUP BY ALL) w
        ON w.channel = c.channel
    WHERE c.channel_id <> '' AND NOT regexp_full_match(c.channel_id, '9\d{10}')
)
SELECT channel,
    first_value(channel) OVER (PARTITION BY channel_id ORDER BY since NULLS LAST, channel) AS key,
    first_value(channel) OVER (PARTITION BY channel_id ORDER BY latest DESC NULLS LAST, channel)
        AS login
FROM real
QUALIFY count(*) OVER (PARTITION BY channel_id) > 1;

UPDATE channels SET login = channel, rev = now.rev FROM now;
UPDATE channels SET login = moved.login FROM moved WHERE moved.channel = channels.channel;
CREATE TEMP TABLE left_over AS SELECT channel, key FROM moved WHERE channel <> key;
DELETE FROM channels WHERE channel IN (SELECT channel FROM left_over);

CREATE TEMP TABLE lesser AS
SELECT w.channel, w.start
FROM windows w JOIN moved m ON m.channel = w.channel
QUALIFY row_number() OVER (
    PARTITION BY m.key, w.start ORDER BY w.n_messages DESC, w.observed_s DESC, w.channel <> m.key
) > 1;
DELETE FROM windows w
WHERE EXISTS (FROM lesser l WHERE l.channel = w.channel AND l.start = w.start);
DELETE FROM window_terms t
WHERE EXISTS (FROM lesser l WHERE l.channel = t.channel AND l.start = t.start);
UPDATE windows SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = windows.channel;
UPDATE window_terms SET channel = o.key, rev = now.rev
FROM left_over o, now WHERE o.channel = window_terms.channel;

-- of what else has one row a key and place, the key's own stays
DELETE FROM forecasts f WHERE EXISTS (
    FROM left_over o JOIN forecasts k ON k.channel = o.key
    WHERE o.channel = f.channel AND k.cutoff = f.cutoff AND k.model = f.model);
DELETE FROM forecast_scores f WHERE EXISTS (
    FROM left_over o JOIN forecast_scores k ON k.channel = o.key
    WHERE o.channel = f.channel AND (k.day, k.model, k.step) = (f.day, f.model, f.step));
DELETE FROM vocabulary v WHERE EXISTS (
    FROM left_over o JOIN vocabulary k ON k.channel = o.key
    WHERE o.channel = v.channel AND k.term = v.term);
DELETE FROM learnt t WHERE EXISTS (
    FROM left_over o JOIN learnt k ON k.channel = o.key
    WHERE o.channel = t.channel AND k.source = t.source AND k.model = t.model);
UPDATE forecasts SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = forecasts.channel;
UPDATE forecast_scores SET channel = o.key, rev = now.rev
FROM left_over o, now WHERE o.channel = forecast_scores.channel;
UPDATE vocabulary SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = vocabulary.channel;
UPDATE learnt SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = learnt.channel;
UPDATE decisions SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = decisions.channel;
UPDATE streams SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = streams.channel;
UPDATE events SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = events.channel;
UPDATE alerts SET channel = o.key, rev = now.rev FROM left_over o, now WHERE o.channel = alerts.channel;

-- their rollups anew, as 002 made them
DELETE FROM window_hours WHERE channel IN (SELECT channel FROM moved);
DELETE FROM term_days WHERE channel IN (SELECT channel FROM moved);
INSERT INTO window_hours BY NAME
SELECT channel, date_trunc('hour', start) AS hour,
    count(*) AS windows,
    count(*) FILTER (n_messages > 0) AS chat_windows,
    count(*) FILTER (n_messages = 0 AND observed_s > 0) AS silent_windows,
    count(*) FILTER (n_messages = 0 AND observed_s = 0) AS unobserved_windows,
    sum(observed_s) AS observed_s, sum(n_messages) AS n_messages,
    max(n_chatters) AS most_chatters, sum(n_filtered) AS n_filtered, sum(n_late) AS n_late,
    coalesce(sum(n_messages * mean_compound), 0) AS sum_mean,
    coalesce(sum(n_messages * mean_compound ** 2), 0) AS sum_square,
    coalesce(sum((n_messages - 1) * sd_compound ** 2), 0) AS sum_within,
    sum(greatest(n_messages - 1, 0)) AS freedom,
    coalesce(sum(n_messages * share_positive), 0) AS sum_positive,
    coalesce(sum(n_messages * share_negative), 0) AS sum_negative,
    coalesce(sum(n_messages * share_scored), 0) AS sum_scored,
    coalesce(sum(n_messages * share_emote), 0) AS sum_emote,
    min(mean_compound) AS min_mean, max(mean_compound) AS max_mean,
    max(rev) AS rev
FROM windows
WHERE channel IN (SELECT key FROM moved)
    AND start < (SELECT value::TIMESTAMP FROM meta WHERE name = 'open_window_hours')
GROUP BY ALL;
INSERT INTO term_days BY NAME
SELECT t.channel, t.start::DATE AS day, t.term, t.kind, sum(t.n) AS n, count(*) AS windows,
    sum(t.contribution * w.n_messages) AS part, max(t.rev) AS rev
FROM window_terms t JOIN windows w ON w.channel = t.channel AND w.start = t.start
WHERE t.channel IN (SELECT key FROM moved)
    AND t.start < (SELECT value::TIMESTAMP FROM meta WHERE name = 'open_term_days')
GROUP BY ALL;

-- what is published is made anew where rows moved; the buffer is put right when it is opened
INSERT OR REPLACE INTO meta
SELECT 'erased', rev::VARCHAR FROM now WHERE EXISTS (FROM left_over)
UNION ALL SELECT 'moved ' || channel, key FROM left_over;

DROP TABLE lesser;
DROP TABLE left_over;
DROP TABLE moved;
DROP TABLE now;
