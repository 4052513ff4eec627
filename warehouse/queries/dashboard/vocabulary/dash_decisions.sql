-- Decisions on terms, the newest first.

FROM decisions
SELECT decision_id, term, channel, "at", "by", decision, valence
ORDER BY "at" DESC, decision_id DESC LIMIT 1000;
