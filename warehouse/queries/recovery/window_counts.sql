-- Messages in every window of $source from $since on.

SELECT channel, start, n_messages FROM windows
WHERE source = $source AND start >= $since
ORDER BY channel, start;
