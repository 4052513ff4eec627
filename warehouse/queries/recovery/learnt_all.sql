-- What the channels of all sources have taught their forecasters.

SELECT * FROM learnt ORDER BY source, channel, model;
