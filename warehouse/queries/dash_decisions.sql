-- The last $limit decisions on terms, the newest first.

SELECT decision_id, term, channel, "at", "by", decision, valence, kind, from_start, undoes
FROM decisions
ORDER BY decisions."at" DESC, decision_id
LIMIT $limit;
