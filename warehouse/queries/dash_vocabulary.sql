-- The reviewed vocabulary, what waits for a decision first, then by messages it was seen in.

FROM vocabulary
SELECT term, channel, kind, provider, status, valence, valence_low, valence_high, n, n_channels,
    first_seen, last_seen, evidence, impact, impact_windows, in_force, decided_by, decided_at
ORDER BY array_position(['proposed', 'accepted', 'rejected'], status), n DESC, term, channel;
