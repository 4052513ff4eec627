-- A person's decisions on terms: what is in force now, what a proposal would change, and
-- everything that was ever decided. Decisions are rows that are only added: the scorer of any
-- window, and the vocabulary's rows, are made of them again.

ALTER TABLE vocabulary ADD COLUMN in_force DOUBLE;          -- the valence that scores it now
ALTER TABLE vocabulary ADD COLUMN impact_windows INTEGER;   -- recent windows that `impact` is of

CREATE TABLE decisions (
    decision_id VARCHAR PRIMARY KEY,    -- of the request that asked for it
    term VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,           -- '' is all channels
    "at" TIMESTAMP NOT NULL,            -- when it was applied
    "by" VARCHAR NOT NULL,
    decision VARCHAR NOT NULL CHECK (decision IN ('accept', 'change', 'reject', 'undo')),
    valence DOUBLE CHECK (valence BETWEEN -4 AND 4),    -- in force from then on; NULL: none of ours
    kind VARCHAR NOT NULL,
    from_start TIMESTAMP NOT NULL,      -- of the first window it scores
    undoes VARCHAR,                     -- the decision that an undo takes back
    before VARCHAR,                     -- JSON: the vocabulary's row before it, NULL for none
    rev BIGINT NOT NULL
);
