-- Which of $ids (a list) are alerts already.

SELECT alert_id FROM alerts WHERE alert_id IN (SELECT unnest($ids::VARCHAR[]));
