-- windows.n_capitals: messages mostly in capitals, as people shout; emotes' names do not count.
-- NULL in rows of before.

ALTER TABLE windows ADD COLUMN n_capitals INTEGER;

-- what is published has no such column: it is all made again, as after rows were erased
INSERT OR REPLACE INTO meta
SELECT 'erased', (value::BIGINT + 1)::VARCHAR FROM meta WHERE name = 'revision';
