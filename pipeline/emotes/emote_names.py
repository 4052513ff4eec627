"""Names that may be an emote's: what a catalogue says is as hostile as chat."""

from typing import Any

from pipeline.chat.text import visible

LONGEST = 60  # characters, as of a term


def is_name(value: Any) -> bool:
    """Whether it is 1 to 60 visible characters without a space."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
        return False
    return value.isprintable() and " " not in value and visible(value) == value
