-- Proposed and accepted terms, the most used first; times as ISO text.

SELECT term, channel, kind, provider, status, valence, valence_low, valence_high, n, n_channels,
    strftime(first_seen, '%Y-%m-%dT%H:%M:%SZ') AS first_seen,
    strftime(last_seen, '%Y-%m-%dT%H:%M:%SZ') AS last_seen,
    evidence, impact, impact_windows, in_force, decided_by, strftime(decided_at, '%Y-%m-%dT%H:%M:%SZ') AS decided_at
FROM vocabulary WHERE status IN ('proposed', 'accepted')
ORDER BY n DESC, term, channel;
