"""Items as they may be kept and sent: a hash for a chatter's name, who may be known as a bot."""

from collections.abc import Callable
from dataclasses import replace

from pipeline.chat.message import Item, Message, Retract
from pipeline.chat.text import KNOWN_BOTS
from warehouse.records import lowered

OPTED_OUT = -1  # in place of a hash: that one of them said something is all that is told


def anonymous(item: Item, of: Callable[[str], int]) -> Item:
    """The item without a name. of: a login's hash, 0 for nobody."""
    if isinstance(item, Message):
        login = lowered(item.chatter)
        bot = item.bot or login in KNOWN_BOTS
        return replace(item, chatter=str(of(login)), bot=bot)
    if isinstance(item, Retract) and item.chatter:
        return replace(item, chatter=str(of(lowered(item.chatter))))
    return item
