-- Rollups: sums over the windows of an hour and the terms of a day, so that a year is read in
-- a hundredth of its rows. They hold settled periods only, those before the newest window's
-- (meta: open_window_hours, open_term_days); the reader's views add the open one.
-- Sums, not means: what is made of them equals what is made of the windows.

CREATE TABLE window_hours (
    channel VARCHAR NOT NULL,
    hour TIMESTAMP NOT NULL,            -- its start
    windows INTEGER NOT NULL,           -- rows of windows
    chat_windows INTEGER NOT NULL,      -- with messages; silent ones and unobserved ones have none
    silent_windows INTEGER NOT NULL,
    unobserved_windows INTEGER NOT NULL,
    observed_s DOUBLE NOT NULL,
    n_messages BIGINT NOT NULL,
    most_chatters INTEGER NOT NULL,     -- of one window
    n_filtered BIGINT NOT NULL,
    n_late BIGINT NOT NULL,
    sum_mean DOUBLE NOT NULL,           -- sum n mean: over n_messages, the mean of the hour
    sum_square DOUBLE NOT NULL,         -- sum n mean^2
    sum_within DOUBLE NOT NULL,         -- sum (n - 1) sd^2
    freedom BIGINT NOT NULL,            -- sum (n - 1), of windows with messages
    sum_positive DOUBLE NOT NULL,       -- sum n share_positive; so are the next three
    sum_negative DOUBLE NOT NULL,
    sum_scored DOUBLE NOT NULL,
    sum_emote DOUBLE NOT NULL,
    min_mean DOUBLE,                    -- of the window means; NULL in silence
    max_mean DOUBLE,
    rev BIGINT NOT NULL
);

CREATE TABLE term_days (
    channel VARCHAR NOT NULL,
    day DATE NOT NULL,
    term VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    n BIGINT NOT NULL,
    windows INTEGER NOT NULL,           -- windows with the term
    part DOUBLE NOT NULL,               -- sum contribution n_messages: over the span's messages,
    rev BIGINT NOT NULL                 -- the term's part of its mean
);

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
WHERE start < (SELECT date_trunc('hour', max(start)) FROM windows)
GROUP BY ALL;

INSERT INTO term_days BY NAME
SELECT t.channel, t.start::DATE AS day, t.term, t.kind, sum(t.n) AS n, count(*) AS windows,
    sum(t.contribution * w.n_messages) AS part, max(t.rev) AS rev
FROM window_terms t JOIN windows w ON w.channel = t.channel AND w.start = t.start
WHERE t.start < (SELECT date_trunc('day', max(start)) FROM windows)
GROUP BY ALL;

INSERT INTO meta
SELECT 'open_window_hours', strftime(date_trunc('hour', max(start)), '%Y-%m-%d %H:%M:%S')
FROM windows HAVING count(*) > 0
UNION ALL
SELECT 'open_term_days', strftime(date_trunc('day', max(start)), '%Y-%m-%d %H:%M:%S')
FROM windows HAVING count(*) > 0;
