-- The newest $limit cutoffs at which $channel was forecast in [$since, $until), oldest first.

FROM (
    SELECT DISTINCT cutoff FROM forecasts
    WHERE channel = $channel AND cutoff >= $since AND cutoff < $until
    ORDER BY cutoff DESC
    LIMIT $limit
)
ORDER BY cutoff;
