-- After an import: what became of the windows that were there already, by stream.

SELECT channel, coalesce(was, stream_id) AS stream_id, fate, count(*) AS windows,
    sum(n)::BIGINT AS n, coalesce(sum(n_old), 0)::BIGINT AS n_old
FROM fates
WHERE fate <> 'new'
GROUP BY ALL
ORDER BY ALL;
