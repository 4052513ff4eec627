-- Delete the alerts of $terms (a list); their ids are made of the term (pipeline/alerts/watch.py).

DELETE FROM alerts WHERE kind = 'new_term'
    AND alert_id IN (SELECT 'new_term ' || unnest($terms::VARCHAR[]));
