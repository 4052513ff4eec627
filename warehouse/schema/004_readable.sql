-- The share of a window's messages that the scorer can read, 0..1: English, or no language at
-- all. NULL where too little was said to tell; so are windows of before.

ALTER TABLE windows ADD COLUMN readable DOUBLE;
