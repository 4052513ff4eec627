-- Days on which each channel was observed, rather than imported.

FROM windows
SELECT DISTINCT channel, start::DATE AS day
WHERE source <> 'import'
ORDER BY channel, day;
