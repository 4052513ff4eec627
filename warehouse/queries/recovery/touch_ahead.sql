-- Before windows_ahead go: notes them, so that rollups follow. $source, $since: as there.

INSERT INTO touched
SELECT channel, start FROM windows
WHERE source = $source AND start >= $since AND n_messages = 0;
