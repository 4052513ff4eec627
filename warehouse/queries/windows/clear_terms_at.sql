-- Delete the terms of the windows of $channel that start at $starts, a list of epoch seconds.

DELETE FROM window_terms
WHERE channel = $channel
    AND start IN (SELECT make_timestamp((s * 1000000)::BIGINT) FROM unnest($starts::DOUBLE[]) u(s));
