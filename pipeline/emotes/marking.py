"""Emotes of catalogues among a message's marks, beside those its source marked.

It is done once, when a message comes in: with its marks it is kept in the buffer, so that its
window, made again, scores the same whatever the catalogues say by then.
"""

from collections.abc import Collection
from dataclasses import replace

from pipeline.chat.message import Message
from pipeline.chat.text import visible
from pipeline.scoring.scorer import Scorer


def marked(message: Message, emotes: Collection[str], scorer: Scorer) -> Message:
    """The message with the names of `emotes` that stand in its text as marks too.

    An emote named like a word that means something ("love", "nice") stays the word, where the
    scorer knows nothing of an emote of that name: most who write it mean what it says.
    """
    own = message.emotes or ()
    found = [t for t in visible(message.text).split() if t in emotes and t not in own]
    if not found:
        return message
    found = [t for t in found if not _is_silenced(t, scorer)]
    return replace(message, emotes=(*own, *found)) if found else message


def _is_silenced(token: str, scorer: Scorer) -> bool:
    """Whether it says something as a word, and nothing as an emote."""
    return scorer.compound(token, (token,)) == 0.0 != scorer.compound(token)
