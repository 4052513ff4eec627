-- window_hours as it follows from windows, a row a channel, hour and basis: sums, not means.
-- Whoever runs it narrows `windows` to the hours wanted.

SELECT channel, date_trunc('hour', start) AS hour,
    count(*)::INTEGER AS windows,
    (count(*) FILTER (n_messages > 0))::INTEGER AS chat_windows,
    (count(*) FILTER (n_messages = 0 AND observed_s > 0))::INTEGER AS silent_windows,
    (count(*) FILTER (n_messages = 0 AND observed_s = 0))::INTEGER AS unobserved_windows,
    sum(observed_s) AS observed_s,
    sum(n_messages)::BIGINT AS n_messages,
    max(n_chatters) AS most_chatters,
    sum(n_filtered)::BIGINT AS n_filtered,
    sum(n_late)::BIGINT AS n_late,
    coalesce(sum(n_messages * mean_compound), 0) AS sum_mean,
    coalesce(sum(n_messages * mean_compound ** 2), 0) AS sum_square,
    coalesce(sum((n_messages - 1) * sd_compound ** 2), 0) AS sum_within,
    sum(greatest(n_messages - 1, 0))::BIGINT AS freedom,
    coalesce(sum(n_messages * share_positive), 0) AS sum_positive,
    coalesce(sum(n_messages * share_negative), 0) AS sum_negative,
    coalesce(sum(n_messages * share_scored), 0) AS sum_scored,
    coalesce(sum(n_messages * share_emote), 0) AS sum_emote,
    min(mean_compound) AS min_mean,
    max(mean_compound) AS max_mean,
    coalesce(sum(30 - observed_s) FILTER (source <> 'import'), 0) AS gap_s,
    basis,
    coalesce(sum(n_laughs), 0)::BIGINT AS n_laughs,
    coalesce(sum(n_messages) FILTER (n_laughs IS NOT NULL), 0)::BIGINT AS laughs_of
FROM windows
GROUP BY ALL;
