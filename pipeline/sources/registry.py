"""Sources of live chat, made only when one is asked for: the rest need not load their libraries."""

from collections.abc import Sequence

from pipeline.chat.message import Source
from pipeline.config import IrcSettings, TwitchSettings
from pipeline.privacy.optout import OptOut
from pipeline.sources.channel_list import Wanted, change_channels
from pipeline.sources.eventsub.tokens import TokenFile
from warehouse.config import DataFolder
from warehouse.errors import BadInput

LIVE = ("irc", "eventsub")


def live_source(name: str, folder: DataFolder, optout: OptOut, channels: Sequence[str]) -> Source:
    """The source, reading the kept list of channels; `channels`, where there are any, become it.

    Raises BadInput when there is nothing to read.
    """
    if channels:
        change_channels(folder, optout, "set", channels)
    wanted = Wanted(folder)
    if name == "eventsub":
        from pipeline.sources.eventsub.source import EventSub

        twitch = TwitchSettings()
        if not twitch.extension_id:
            _require_some(folder, wanted)
        return EventSub(wanted.now, twitch, TokenFile(folder.root))
    from pipeline.sources.irc.source import Irc

    settings = IrcSettings()
    _require_some(folder, wanted)
    return Irc(wanted.now, settings)


def _require_some(folder: DataFolder, wanted: Wanted) -> None:
    if not wanted.now():
        raise BadInput(
            f"no channels to read in {folder.root}; name some with --channel NAME, "
            "or `python -m pipeline channels add NAME`"
        )
