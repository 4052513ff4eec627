-- The reviewed vocabulary, what waits for a decision first, then by messages it was seen in.
-- All columns: an older folder has no in_force and no impact_windows.

SELECT * EXCLUDE (rev) FROM vocabulary
ORDER BY array_position(['proposed', 'accepted', 'rejected'], status), n DESC, term, channel;
