-- Sums over the windows of $basis of the last $n streams of $channel that began before $start, but
-- for $stream itself; oldest first. What forecasts know of a channel's usual mood.

FROM (
    SELECT min(start) AS began,
        sum(n_messages)::DOUBLE AS n,
        coalesce(sum(n_messages * mean_compound), 0) AS total,
        sum(n_messages::DOUBLE * n_messages) AS squares,
        coalesce(sum(n_messages::DOUBLE * n_messages * mean_compound), 0) AS total_squares
    FROM windows
    WHERE channel = $channel AND basis = $basis AND stream_id IS NOT NULL AND stream_id <> $stream
    GROUP BY stream_id
    HAVING began < $start
    ORDER BY began DESC, stream_id DESC
    LIMIT $n
)
ORDER BY began;
