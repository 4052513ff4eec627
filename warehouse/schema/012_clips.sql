-- Clips that viewers made of the streams of a channel, as Twitch lists them: when and how much they
-- were seen, so that moments found can be compared with them. Who made a clip, and what they called
-- it, is kept nowhere.

CREATE TABLE clips (
    clip_id VARCHAR PRIMARY KEY,        -- https://clips.twitch.tv/CLIP_ID
    channel VARCHAR NOT NULL,
    "at" TIMESTAMP NOT NULL,            -- when it was made, mostly within minutes of what it shows
    vod_id VARCHAR,                     -- NULL: its video is gone, or Twitch does not know it yet
    vod_offset_s INTEGER CHECK (vod_offset_s >= 0),     -- where it begins in that; may be 24 s off
    duration_s DOUBLE NOT NULL CHECK (duration_s > 0),
    views INTEGER NOT NULL CHECK (views >= 0),
    rev BIGINT NOT NULL
);
