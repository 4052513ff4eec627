-- Step 0 of a forecast: the five minutes after its cutoff, all ten windows together, as a target of
-- its own. NULL in rows of before, and chances where they are not told.
-- forecasts.five_volume_*: messages in the five minutes. usual: mean of all messages of the stream
-- up to the cutoff. chance_*: that the five minutes' mean is above it, .1 or more below, .1 or more
-- above.

ALTER TABLE forecasts ADD COLUMN five_q025 DOUBLE;
ALTER TABLE forecasts ADD COLUMN five_q10 DOUBLE;
ALTER TABLE forecasts ADD COLUMN five_q50 DOUBLE;
ALTER TABLE forecasts ADD COLUMN five_q90 DOUBLE;
ALTER TABLE forecasts ADD COLUMN five_q975 DOUBLE;
ALTER TABLE forecasts ADD COLUMN five_volume_q10 DOUBLE;
ALTER TABLE forecasts ADD COLUMN five_volume_q50 DOUBLE;
ALTER TABLE forecasts ADD COLUMN five_volume_q90 DOUBLE;
ALTER TABLE forecasts ADD COLUMN usual DOUBLE;
ALTER TABLE forecasts ADD COLUMN chance_above DOUBLE;
ALTER TABLE forecasts ADD COLUMN chance_drop DOUBLE;
ALTER TABLE forecasts ADD COLUMN chance_rise DOUBLE;

CREATE TABLE scores_by_step (
    channel VARCHAR NOT NULL,
    day DATE NOT NULL,
    model VARCHAR NOT NULL,
    step INTEGER NOT NULL CHECK (step BETWEEN 0 AND 10),
    targets INTEGER NOT NULL,           -- windows scored; at step 0 five minutes
    n BIGINT NOT NULL,                  -- messages in them, the weight of every sum below
    squared_error DOUBLE NOT NULL,      -- sum n (y - q50)^2
    absolute_error DOUBLE NOT NULL,     -- sum n |y - q50|
    crps DOUBLE NOT NULL,               -- sum n CRPS, from the quantiles
    width80 DOUBLE NOT NULL,            -- sum n (q90 - q10)
    hits80 INTEGER NOT NULL,            -- targets inside [q10, q90]
    hits95 INTEGER NOT NULL,            -- targets inside [q025, q975]
    rev BIGINT NOT NULL,
    width95 DOUBLE,                     -- sum n (q975 - q025)
    counts BIGINT,                      -- windows seen whole, silent ones too
    volume_error DOUBLE,                -- sum over them |n - volume_q50|
    volume_hits80 INTEGER,              -- of them inside [volume_q10, volume_q90]
    basis VARCHAR NOT NULL DEFAULT 'words',     -- of the forecast and of its targets
    PRIMARY KEY (channel, day, model, step, basis)
);

INSERT INTO scores_by_step BY NAME FROM forecast_scores;

DROP TABLE forecast_scores;

ALTER TABLE scores_by_step RENAME TO forecast_scores;

-- what is published has none of these columns: it is all made again, as after rows were erased
INSERT OR REPLACE INTO meta
SELECT 'erased', (value::BIGINT + 1)::VARCHAR FROM meta WHERE name = 'revision';
