"""Markers and clips on Twitch, for streamers who want them; and the clips that viewers made"""

from pipeline.markers.sender import MarkerSender as MarkerSender
from pipeline.markers.viewers_clips import ViewersClips as ViewersClips
