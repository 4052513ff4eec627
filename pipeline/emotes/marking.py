"""Emotes of catalogues among a message's marks, beside those its source marked.

It is done once, when a message comes in: with its marks it is kept in the buffer, so that its
window, made again, scores the same whatever the catalogues say by then.
"""

from collections.abc import Collection
from dataclasses import replace

from pipeline.chat.message import Message
from pipeline.chat.text import visible


def marked(message: Message, emotes: Collection[str]) -> Message:
    """The message with the names of `emotes` that stand in its text as marks too.

    An emote named like a word that is known ("love", "nice") scores as the word, marked or not.
    """
    own = message.emotes or ()
    found = [t for t in visible(message.text).split() if t in emotes and t not in own]
    return replace(message, emotes=(*own, *found)) if found else message
