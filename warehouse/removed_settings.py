"""Settings of earlier versions: a row for each one that went, with what holds instead.

Every process names, when it starts, those that are still set. It goes on all the same: each had
a default that suits nearly everybody, and an update must not stop a daemon at night.
"""

import os
import sys

from dotenv import dotenv_values

# finishes the sentence "NAME is no longer a setting: ..."
REMOVED: dict[str, str] = {
    "DLD_ALERT_MOOD_LEAST": "a change of mood is told from .1 on",
    "DLD_ALERT_TIMEOUT_S": "the webhook has 10 seconds to answer",
    "DLD_DASHBOARD_REFRESH_S": "the Live page looks for news every 5 seconds",
    "DLD_EBS_LEEWAY_S": "an expired token still passes for 10 seconds",
    "DLD_EBS_PUBSUB_URL": "broadcasts go to Twitch, or to a stand-in named by DLD_TWITCH_URL",
    "DLD_EBS_STALE_AFTER_S": "data older than 90 seconds is served as stale",
    "DLD_EBS_TOKEN_PER_MINUTE": "60 requests a minute are answered with one token",
    "DLD_EBS_VIEWERS_FOR_S": "a channel is broadcast for 10 minutes after a viewer asked",
    "DLD_EMOTES_BTTV_URL": "only DLD_TWITCH_URL names another place for catalogues",
    "DLD_EMOTES_FFZ_URL": "only DLD_TWITCH_URL names another place for catalogues",
    "DLD_EMOTES_SEVENTV_URL": "only DLD_TWITCH_URL names another place for catalogues",
    "DLD_EMOTES_TIMEOUT_S": "a catalogue has 20 seconds to answer",
    "DLD_GRACE_S": "a window waits for late messages for 5 seconds",
    "DLD_IRC_BACKOFF_MAX_S": "attempts to connect are at most 60 seconds apart",
    "DLD_IRC_CHANNELS_PER_CONNECTION": "90 channels share a connection",
    "DLD_IRC_CONNECT_TIMEOUT_S": "connecting may take 10 seconds",
    "DLD_IRC_DEAD_AFTER_S": "a connection is given up after 10 seconds of silence",
    "DLD_IRC_JOINS": "20 channels are joined in 10 seconds, as Twitch allows",
    "DLD_IRC_JOINS_PER_S": "20 channels are joined in 10 seconds, as Twitch allows",
    "DLD_IRC_JOIN_TIMEOUT_S": "a channel is asked for again after 15 seconds",
    "DLD_IRC_PING_AFTER_S": "a sign of life is asked for after 3 seconds of silence",
    "DLD_IRC_REJOIN_S": "a channel that does not exist is asked for every 10 minutes",
    "DLD_IRC_URL": "chat is read at Twitch, or at a stand-in named by DLD_TWITCH_URL",
    "DLD_TWITCH_BACKOFF_MAX_S": "attempts to connect are at most 60 seconds apart",
    "DLD_TWITCH_CONNECT_TIMEOUT_S": "connecting may take 10 seconds",
    "DLD_TWITCH_DEAD_AFTER_S": "a connection is given up after 15 seconds of silence",
    "DLD_TWITCH_EVENTSUB_URL": "chat is read at Twitch, or at a stand-in named by DLD_TWITCH_URL",
    "DLD_TWITCH_HELIX_URL": "chat is read at Twitch, or at a stand-in named by DLD_TWITCH_URL",
    "DLD_TWITCH_ID_URL": "chat is read at Twitch, or at a stand-in named by DLD_TWITCH_URL",
    "DLD_TWITCH_JOINS": "20 channels are joined in 10 seconds, as Twitch allows",
    "DLD_TWITCH_JOINS_PER_S": "20 channels are joined in 10 seconds, as Twitch allows",
    "DLD_TWITCH_PING_AFTER_S": "a sign of life is asked for after 3 seconds of silence",
    "DLD_TWITCH_RETRY_S": "a channel that was refused is asked for every 10 minutes",
    "DLD_TWITCH_ROOMS": "a login reads 100 channels, as Twitch allows",
    "DLD_TWITCH_SUPERVISE_S": "Twitch is asked every 30 seconds what it sends",
    "DLD_UPLOAD_MINUTES": "an import of a dropped log may take 30 minutes",
    "DLD_UPLOAD_UNPACKED_MB": "a packed log may unpack to 20 times DLD_UPLOAD_MB",
}

_NAMED = "REMOVED_SETTINGS_NAMED"  # inherited: what a process starts does not say it again


def removed_settings() -> dict[str, str]:
    """Names in the environment or `.env` that nothing reads any more, each with its sentence."""
    given = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    return {
        name: f"{name} is no longer a setting: {instead}"
        for name, instead in REMOVED.items()
        if name in given
    }


def name_removed_settings(program: str) -> None:
    """One line on stderr for each that is set, once for a process and all that it starts."""
    if os.environ.get(_NAMED):
        return
    os.environ[_NAMED] = "1"
    for sentence in removed_settings().values():
        print(f"{program}: {sentence}", file=sys.stderr)
