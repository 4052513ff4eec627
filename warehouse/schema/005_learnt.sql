-- What each channel's own past has taught the forecasters it is served by (models/forecasters/online.py).
-- Not published: nobody but the daemon reads it. And what the record of forecasts lacked; NULL
-- in rows of before.

CREATE TABLE learnt (
    source VARCHAR NOT NULL,            -- as of channels
    channel VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    state BLOB NOT NULL,
    rev BIGINT NOT NULL
);

ALTER TABLE forecast_scores ADD COLUMN width95 DOUBLE;      -- sum n (q975 - q025)
ALTER TABLE forecast_scores ADD COLUMN counts BIGINT;       -- windows seen whole, silent ones too
ALTER TABLE forecast_scores ADD COLUMN volume_error DOUBLE; -- sum over them |n - volume_q50|
