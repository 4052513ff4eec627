-- The reviewed vocabulary, what waits for a decision first, then by messages it was seen in.
-- All columns there are: in a folder of before, in_force and impact_windows are missing.

SELECT * EXCLUDE (rev) FROM vocabulary
ORDER BY array_position(['proposed', 'accepted', 'rejected'], status), n DESC, term, channel;
