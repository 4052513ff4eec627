-- Each channel's newest forecast since $since. Where several models made one, the model
-- that serves wins, then any that is not a plain baseline. five_*: of the five minutes together, and
-- chance_*: of what may happen in them; NULL where none is told.

SELECT f.channel, f.basis, f.cutoff, f.model, f.q025, f.q10, f.q50, f.q90, f.q975, f.volume_q50,
    f.five_q10, f.five_q50, f.five_q90, f.five_volume_q10, f.five_volume_q50, f.five_volume_q90,
    f.usual, f.chance_above, f.chance_drop, f.chance_rise
FROM forecasts f LEFT JOIN models m USING (model)
WHERE f.cutoff >= $since
QUALIFY row_number() OVER (
    PARTITION BY f.channel
    ORDER BY f.cutoff DESC, m.status = 'serving' DESC NULLS LAST,
        f.model IN ('last_value', 'session_mean', 'ewma'), f.model
) = 1
ORDER BY f.channel;
