-- What tuning has tried: trials of the study that was last at work, in their order.

FROM trials
SELECT study, trial, kind, trained_at, params, scores, status
WHERE study = (SELECT arg_max(study, trained_at) FROM trials)
ORDER BY trial;
