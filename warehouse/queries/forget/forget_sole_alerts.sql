-- Before the proposals that nobody but $channel used go: delete the alerts of those terms.

DELETE FROM alerts a WHERE a.kind = 'new_term' AND EXISTS (
    SELECT 1 FROM vocabulary v JOIN window_terms t ON t.term = v.term
    WHERE a.alert_id = 'new_term ' || v.term AND t.channel = $channel
        AND v.status = 'proposed' AND v.n_channels <= 1);
