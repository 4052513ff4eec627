-- The last moment of each channel, as the pipeline keeps it (pipeline/serving/live_moments.py: META).

SELECT value FROM meta WHERE name LIKE 'moment %' ORDER BY name;
