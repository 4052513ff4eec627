-- Where chat came from (simulated, replay, live, import), and the channels that it is of.

FROM (SELECT source, channel FROM channels UNION SELECT source, channel FROM streams)
SELECT source, list(channel ORDER BY channel) AS channels
GROUP BY source
ORDER BY source;
