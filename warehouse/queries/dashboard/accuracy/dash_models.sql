-- Every model, the one that serves first, then the newest.

FROM models
SELECT model, kind, status, trained_at, data_from, data_to, params, scores
ORDER BY status = 'serving' DESC, trained_at DESC NULLS LAST, model;
