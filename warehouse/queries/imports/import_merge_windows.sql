-- At revision $rev: windows of which an import, whose Parquet file is $windows, has some seconds
-- and what is stored has others. Sums add up; of the chatters, who may be the same, no more is
-- known than that there were at least so many.

UPDATE windows w SET
    observed_s = least(30, w.observed_s + i.observed_s),
    n_messages = w.n_messages + i.n_messages,
    n_chatters = greatest(w.n_chatters, i.n_chatters),
    n_filtered = w.n_filtered + i.n_filtered,
    n_late = w.n_late + i.n_late,
    mean_compound = (w.n_messages * coalesce(w.mean_compound, 0)
        + i.n_messages * coalesce(i.mean_compound, 0)) / nullif(w.n_messages + i.n_messages, 0),
    sd_compound = CASE WHEN w.n_messages + i.n_messages >= 2 THEN sqrt((
        greatest(w.n_messages - 1, 0) * coalesce(w.sd_compound, 0) ** 2
        + greatest(i.n_messages - 1, 0) * coalesce(i.sd_compound, 0) ** 2
        + coalesce((w.mean_compound - i.mean_compound) ** 2
            * w.n_messages * i.n_messages / (w.n_messages + i.n_messages), 0)
        ) / (w.n_messages + i.n_messages - 1)) END,
    share_positive = (w.n_messages * coalesce(w.share_positive, 0)
        + i.n_messages * coalesce(i.share_positive, 0)) / nullif(w.n_messages + i.n_messages, 0),
    share_negative = (w.n_messages * coalesce(w.share_negative, 0)
        + i.n_messages * coalesce(i.share_negative, 0)) / nullif(w.n_messages + i.n_messages, 0),
    share_scored = (w.n_messages * coalesce(w.share_scored, 0)
        + i.n_messages * coalesce(i.share_scored, 0)) / nullif(w.n_messages + i.n_messages, 0),
    share_emote = (w.n_messages * coalesce(w.share_emote, 0)
        + i.n_messages * coalesce(i.share_emote, 0)) / nullif(w.n_messages + i.n_messages, 0),
    readable = coalesce((w.n_messages * w.readable + i.n_messages * i.readable)
        / nullif(w.n_messages + i.n_messages, 0), w.readable, i.readable),
    n_laughs = w.n_laughs + i.n_laughs,
    n_capitals = w.n_capitals + i.n_capitals,
    sub_n = [w.sub_n[k] + i.sub_n[k] for k in range(1, 7)],
    sub_mean = [(w.sub_n[k] * coalesce(w.sub_mean[k], 0) + i.sub_n[k] * coalesce(i.sub_mean[k], 0))
        / nullif(w.sub_n[k] + i.sub_n[k], 0) for k in range(1, 7)],
    covered = i.joined | (((i.partly | i.old_partly) & ~i.joined) << 30),
    rev = $rev
FROM (
    SELECT p.*, f.partly, f.old_partly,
        f.whole | f.old_whole | (f.partly & f.old_partly) AS joined
    FROM read_parquet($windows) p JOIN fates f ON f.channel = p.channel AND f.start = p.start
    WHERE f.fate = 'merged'
) i
WHERE w.channel = i.channel AND w.start = i.start;
