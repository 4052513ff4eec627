-- Windows of $source without chat that start at $since or later: closed by a clock gone wrong.

SELECT channel, start FROM windows
WHERE source = $source AND start >= $since AND n_messages = 0
ORDER BY channel, start;
