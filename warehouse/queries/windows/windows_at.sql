-- The windows of $channel that start at $starts, a list of epoch seconds.

FROM windows
WHERE channel = $channel
    AND start IN (SELECT make_timestamp((s * 1000000)::BIGINT) FROM unnest($starts::DOUBLE[]) u(s))
    AND start >= (SELECT min(make_timestamp((s * 1000000)::BIGINT)) FROM unnest($starts::DOUBLE[]) u(s))
ORDER BY start;
