-- windows.basis: what their messages were scored by: 'words' (all of a message), or 'emotes' (its
-- emotes, emoji and smileys alone, where the words cannot be read). The two are different
-- measures, so whatever sums over windows, or rests on them, keeps them apart.
-- windows.n_laughs: messages with laughter, which has no valence; NULL in rows of before.

ALTER TABLE windows ADD COLUMN basis VARCHAR DEFAULT 'words';
ALTER TABLE windows ALTER COLUMN basis SET NOT NULL;
ALTER TABLE windows ADD COLUMN n_laughs INTEGER;

ALTER TABLE window_hours ADD COLUMN basis VARCHAR DEFAULT 'words';
ALTER TABLE window_hours ALTER COLUMN basis SET NOT NULL;
ALTER TABLE window_hours ADD COLUMN n_laughs BIGINT DEFAULT 0;
ALTER TABLE window_hours ADD COLUMN laughs_of BIGINT DEFAULT 0; -- messages of windows that tell
ALTER TABLE term_days ADD COLUMN basis VARCHAR DEFAULT 'words';
ALTER TABLE term_days ALTER COLUMN basis SET NOT NULL;

ALTER TABLE forecasts ADD COLUMN basis VARCHAR DEFAULT 'words';
ALTER TABLE forecasts ALTER COLUMN basis SET NOT NULL;
ALTER TABLE learnt ADD COLUMN basis VARCHAR DEFAULT 'words';
ALTER TABLE learnt ALTER COLUMN basis SET NOT NULL;

-- a key of forecast_scores has the basis too
CREATE TABLE scores_by_basis (
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
    width95 DOUBLE,                     -- sum n (q975 - q025)
    counts BIGINT,                      -- windows seen whole, silent ones too
    volume_error DOUBLE,                -- sum over them |n - volume_q50|
    basis VARCHAR NOT NULL DEFAULT 'words',     -- of the forecast and of its targets
    PRIMARY KEY (channel, day, model, step, basis)
);

INSERT INTO scores_by_basis BY NAME FROM forecast_scores;

DROP TABLE forecast_scores;

ALTER TABLE scores_by_basis RENAME TO forecast_scores;

-- what is published has none of these columns: it is all made again, as after rows were erased
INSERT OR REPLACE INTO meta
SELECT 'erased', (value::BIGINT + 1)::VARCHAR FROM meta WHERE name = 'revision';
