-- Before the terms of $channel go: delete the proposals that nobody else used. Decisions stay.

DELETE FROM vocabulary v
WHERE v.status = 'proposed' AND v.n_channels <= 1
    AND EXISTS (SELECT 1 FROM window_terms t WHERE t.channel = $channel AND t.term = v.term);
