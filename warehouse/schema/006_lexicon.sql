-- What the scorer knew before anybody decided anything, for readers to search: once a version of
-- the lexicon. The version written last is the one in force.

CREATE TABLE lexicon (
    version VARCHAR NOT NULL,           -- windows.lexicon_version up to its +
    term VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,              -- word (any case), emote (as written), emoji
    valence DOUBLE NOT NULL CHECK (valence BETWEEN -4 AND 4),
    origin VARCHAR NOT NULL,            -- vader, rated (by us), learned (from company), name (an emoji's own)
    rev BIGINT NOT NULL
);
