-- Seconds that are covered of the imported windows of $channel at $starts (a list of epoch
-- seconds).

FROM windows
SELECT start, covered
WHERE channel = $channel AND source = 'import'
    AND start IN (SELECT make_timestamp((s * 1000000)::BIGINT) FROM unnest($starts::DOUBLE[]) t(s));
