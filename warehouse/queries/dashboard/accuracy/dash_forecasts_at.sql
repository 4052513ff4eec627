-- Every model's forecast of $channel made at $cutoff.

FROM forecasts
SELECT channel, basis, cutoff, model, q025, q10, q50, q90, q975, five_q10, five_q50, five_q90
WHERE channel = $channel AND cutoff = $cutoff
ORDER BY model;
