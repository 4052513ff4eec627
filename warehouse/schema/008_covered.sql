-- A window in which somebody spoke was observed: at least for the millisecond of a stamp.
-- windows.covered: of imported windows the seconds that their logs cover, so that an import takes
-- nothing away but what it holds itself. Bit k: second k of the window, whole; bit 30 + k: second
-- k, in which a log begins or ends, so that another may hold the rest of it. NULL: not imported,
-- or imported before this, and then taken for whole.
-- streams.placed: its log's date would have been in another stream, so a place was found for it.
-- window_hours.gap_s: seconds that a live reader missed; where a log begins and ends is no gap.

CREATE TABLE checked (
    channel VARCHAR NOT NULL,
    start TIMESTAMP NOT NULL,
    stream_id VARCHAR,
    observed_s DOUBLE NOT NULL CHECK (observed_s BETWEEN 0 AND 30),
    n_messages INTEGER NOT NULL CHECK (n_messages >= 0),
    n_chatters INTEGER NOT NULL,
    n_filtered INTEGER NOT NULL,
    n_late INTEGER NOT NULL,
    mean_compound DOUBLE CHECK (mean_compound BETWEEN -1 AND 1),
    sd_compound DOUBLE,
    share_positive DOUBLE,
    share_negative DOUBLE,
    share_scored DOUBLE,
    share_emote DOUBLE,
    sub_n INTEGER[] NOT NULL,
    sub_mean DOUBLE[] NOT NULL,
    lexicon_version VARCHAR NOT NULL,
    source VARCHAR NOT NULL,            -- as of channels: imports replace imports only
    readable DOUBLE,
    covered BIGINT,
    rev BIGINT NOT NULL,
    CHECK ((n_messages = 0) = (mean_compound IS NULL)),  -- silence is not zero
    CHECK (n_messages = 0 OR observed_s > 0)             -- who spoke was heard
);

INSERT INTO checked BY NAME
SELECT * REPLACE (
    CASE WHEN n_messages > 0 THEN greatest(observed_s, 0.001) ELSE observed_s END AS observed_s
)
FROM windows;

DROP TABLE windows;

ALTER TABLE checked RENAME TO windows;

ALTER TABLE streams ADD COLUMN placed BOOLEAN DEFAULT false;

ALTER TABLE window_hours ADD COLUMN gap_s DOUBLE DEFAULT 0;

UPDATE window_hours h SET gap_s = w.lost
FROM (
    SELECT channel, date_trunc('hour', start) AS hour, sum(30 - observed_s) AS lost
    FROM windows WHERE source <> 'import' AND observed_s < 30 GROUP BY ALL
) w
WHERE w.channel = h.channel AND w.hour = h.hour;

-- what is published has none of these columns: it is all made again, as after rows were erased
INSERT OR REPLACE INTO meta
SELECT 'erased', (value::BIGINT + 1)::VARCHAR FROM meta WHERE name = 'revision';
