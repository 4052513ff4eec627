-- When streams of $channels (a list) were on, oldest first: [since, until), an open stream's up to
-- $now; undated: the date was made up, since no log tells it.

FROM streams
SELECT channel, started_at AS since, greatest(coalesce(ended_at, $now), started_at) AS until,
    coalesce(undated, false) AS undated
WHERE channel IN (SELECT unnest($channels::VARCHAR[]))
ORDER BY since, until;
