-- The tables of DLD. TIMESTAMP is UTC. Every published table has `rev`: the store's
-- revision at the row's last write, so that publishing asks only for what is new.
-- The long tables have no PRIMARY KEY: its index would not fit in the daemon's memory at a
-- hundred million rows. The store keeps their keys unique: it replaces, never only inserts.

CREATE TABLE meta (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

CREATE TABLE channels (
    channel VARCHAR PRIMARY KEY,
    channel_id VARCHAR,
    display_name VARCHAR,
    language VARCHAR,
    readable DOUBLE,                    -- 0..1, NULL before the first message
    source VARCHAR NOT NULL,            -- simulated, replay, live, import
    rev BIGINT NOT NULL
);

CREATE TABLE streams (
    stream_id VARCHAR PRIMARY KEY,
    channel VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    title VARCHAR,
    category VARCHAR,
    vod_id VARCHAR,
    source VARCHAR NOT NULL,
    undated BOOLEAN NOT NULL DEFAULT false,
    said BOOLEAN NOT NULL DEFAULT true, -- false: a session found by 30 minutes of silence
    rev BIGINT NOT NULL
);

CREATE TABLE windows (
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
    rev BIGINT NOT NULL,
    CHECK ((n_messages = 0) = (mean_compound IS NULL))   -- silence is not zero
);

CREATE TABLE window_terms (
    channel VARCHAR NOT NULL,
    start TIMESTAMP NOT NULL,
    term VARCHAR NOT NULL,
    kind VARCHAR NOT NULL CHECK (kind IN ('word', 'emote', 'emoji', 'rest')),
    n INTEGER NOT NULL,
    contribution DOUBLE NOT NULL,
    rev BIGINT NOT NULL
);

CREATE TABLE forecasts (
    channel VARCHAR NOT NULL,
    cutoff TIMESTAMP NOT NULL,
    model VARCHAR NOT NULL,
    q025 DOUBLE[] NOT NULL,
    q10 DOUBLE[] NOT NULL,
    q50 DOUBLE[] NOT NULL,
    q90 DOUBLE[] NOT NULL,
    q975 DOUBLE[] NOT NULL,
    volume_q10 DOUBLE[] NOT NULL,
    volume_q50 DOUBLE[] NOT NULL,
    volume_q90 DOUBLE[] NOT NULL,
    rev BIGINT NOT NULL
);

CREATE TABLE forecast_scores (
    channel VARCHAR NOT NULL,
    day DATE NOT NULL,
    model VARCHAR NOT NULL,
    step INTEGER NOT NULL CHECK (step BETWEEN 1 AND 10),
    targets INTEGER NOT NULL,           -- windows scored
    n BIGINT NOT NULL,                  -- messages in them, the weight of every sum below
    squared_error DOUBLE NOT NULL,      -- sum n (y - q50)^2
    absolute_error DOUBLE NOT NULL,     -- sum n |y - q50|
    crps DOUBLE NOT NULL,               -- sum n CRPS, from the quantiles
    width80 DOUBLE NOT NULL,            -- sum n (q90 - q10)
    hits80 INTEGER NOT NULL,            -- targets inside [q10, q90]
    hits95 INTEGER NOT NULL,            -- targets inside [q025, q975]
    rev BIGINT NOT NULL,
    PRIMARY KEY (channel, day, model, step)
);

CREATE TABLE models (
    model VARCHAR PRIMARY KEY,
    kind VARCHAR NOT NULL,
    trained_at TIMESTAMP,
    data_from TIMESTAMP,
    data_to TIMESTAMP,
    params VARCHAR,                     -- JSON
    scores VARCHAR,                     -- JSON
    status VARCHAR NOT NULL,            -- serving, available, refused
    rev BIGINT NOT NULL
);

CREATE TABLE trials (
    study VARCHAR NOT NULL,
    trial INTEGER NOT NULL,
    kind VARCHAR,
    trained_at TIMESTAMP,
    params VARCHAR,
    scores VARCHAR,
    status VARCHAR NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (study, trial)
);

CREATE TABLE vocabulary (
    term VARCHAR NOT NULL,
    channel VARCHAR NOT NULL DEFAULT '',    -- '' is all channels
    kind VARCHAR NOT NULL,
    provider VARCHAR,
    first_seen TIMESTAMP,
    last_seen TIMESTAMP,
    n BIGINT NOT NULL,
    n_channels INTEGER NOT NULL,
    valence DOUBLE CHECK (valence BETWEEN -4 AND 4),
    valence_low DOUBLE,
    valence_high DOUBLE,
    evidence VARCHAR,
    n_chatters INTEGER,                 -- counted up to 50
    n_scored BIGINT,                    -- messages that said something besides it
    mean_compound DOUBLE,               -- of those, and their spread
    sd_compound DOUBLE,
    impact DOUBLE,
    status VARCHAR NOT NULL CHECK (status IN ('proposed', 'accepted', 'rejected')),
    decided_by VARCHAR,
    decided_at TIMESTAMP,
    rev BIGINT NOT NULL,
    PRIMARY KEY (term, channel)
);

CREATE TABLE events (
    event_id VARCHAR PRIMARY KEY,
    channel VARCHAR NOT NULL,
    "at" TIMESTAMP NOT NULL,
    kind VARCHAR NOT NULL,
    detail VARCHAR,
    rev BIGINT NOT NULL
);

CREATE TABLE alerts (
    alert_id VARCHAR PRIMARY KEY,
    channel VARCHAR,
    "at" TIMESTAMP NOT NULL,
    kind VARCHAR NOT NULL,
    detail VARCHAR,
    rev BIGINT NOT NULL
);

CREATE TABLE health (
    name VARCHAR NOT NULL,
    "at" TIMESTAMP NOT NULL,
    value DOUBLE,
    detail VARCHAR,
    rev BIGINT NOT NULL,
    PRIMARY KEY (name, "at")
);
