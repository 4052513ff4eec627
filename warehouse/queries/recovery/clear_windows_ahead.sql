-- Delete windows of $source without chat that start at $since or later.

DELETE FROM windows
WHERE source = $source AND start >= $since AND n_messages = 0;
