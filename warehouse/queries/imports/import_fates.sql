-- Before an import: what becomes of each window it has, into the temporary table `fates`.
-- $windows: its Parquet file of windows. $moved (a list): its streams that begin at another time
-- than they did. $replace: less may take the place of more.
-- A stretch of windows that the log covers as fully as what is stored is replaced where it holds
-- as many messages there; windows of which the two have different seconds are merged, but for
-- those of another basis.

CREATE OR REPLACE TEMP TABLE fates AS
WITH new AS (
    SELECT channel, start, stream_id, basis, n_messages + n_filtered AS n,
        coalesce(covered, 1073741823) & 1073741823 AS whole,
        coalesce(covered, 0) >> 30 AS partly
    FROM read_parquet($windows)
), stored AS (
    SELECT channel, start, stream_id AS was, source, basis AS old_basis, n_messages + n_filtered AS n_old,
        coalesce(covered, 1073741823) & 1073741823 AS old_whole,
        coalesce(covered, 0) >> 30 AS old_partly
    FROM windows
    WHERE channel IN (SELECT DISTINCT channel FROM new)
), moved AS (
    SELECT was AS stream_id, sum(n_old) AS n_old,
        $replace OR sum(n_old) <= (SELECT sum(n) FROM new WHERE new.stream_id = was) AS goes
    FROM stored
    WHERE source = 'import' AND was IN (SELECT unnest($moved::VARCHAR[]))
    GROUP BY was
), pairs AS (
    SELECT new.*, s.* EXCLUDE (channel, start)
    FROM new LEFT JOIN stored s ON s.channel = new.channel AND s.start = new.start
        AND NOT (s.source = 'import' AND s.was IN (SELECT stream_id FROM moved WHERE goes))
), kinds AS (
    SELECT *, CASE
        WHEN stream_id IN (SELECT stream_id FROM moved WHERE NOT goes) THEN 'elsewhere'
        WHEN source IS NULL THEN 'new'
        WHEN source <> 'import' THEN 'observed'
        WHEN whole = old_whole AND partly = old_partly THEN 'both'
        WHEN basis = old_basis AND (old_whole & (whole | partly)) = 0 AND (whole & (old_whole | old_partly)) = 0
            THEN 'merged'
        WHEN ((old_whole | old_partly) & ~(whole | partly)) = 0 THEN 'both'
        WHEN ((whole | partly) & ~(old_whole | old_partly)) = 0 THEN 'shorter'
        ELSE 'both' END AS kind
    FROM pairs
), stretches AS (
    SELECT *, start - INTERVAL 30 SECOND * row_number() OVER (
        PARTITION BY channel, kind, was, stream_id ORDER BY start) AS stretch
    FROM kinds
), weighed AS (
    SELECT *, sum(n) OVER same >= sum(n_old) OVER same OR $replace AS enough
    FROM stretches WINDOW same AS (PARTITION BY channel, kind, was, stream_id, stretch)
)
SELECT channel, start, stream_id, was, n, n_old, whole, partly, old_whole, old_partly,
    CASE WHEN kind = 'both' THEN if(enough, 'replaced', 'fewer')
        WHEN kind = 'shorter' AND $replace THEN 'replaced' ELSE kind END AS fate
FROM weighed
UNION ALL BY NAME
SELECT s.channel, s.start, s.was AS stream_id, s.was, 0 AS n, s.n_old, 'moved' AS fate
FROM stored s JOIN moved m ON m.stream_id = s.was AND m.goes
WHERE s.source = 'import';
