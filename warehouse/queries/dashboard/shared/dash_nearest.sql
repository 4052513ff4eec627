-- The hours nearest to [$since, $until) in which $channels (a list) had windows, with $least messages
-- or more: the last that began before it (before), the first that began at its end or later (after);
-- NULL where there is none.

FROM window_hours
SELECT max(hour) FILTER (hour < $since) AS before, min(hour) FILTER (hour >= $until) AS after
WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND n_messages >= $least;
