-- Everything that was ever decided on terms, in the order of deciding; times with their zone, UTC.

SELECT decision_id, term, channel, timezone('UTC', "at") AS "at", "by", decision, valence, kind,
    timezone('UTC', from_start) AS from_start, undoes, before
FROM decisions ORDER BY decisions."at", decision_id;
