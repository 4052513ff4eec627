-- The last moment of $channel, which is kept beside the tables (pipeline/serving/live_moments.py).

DELETE FROM meta WHERE name = 'moment ' || $channel;
