"""File of a review: a label, how its name ends, and who writes it."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.review.files.export import Export


@dataclass(frozen=True)
class File:
    """A format as the page offers it. suffix: how the file's name ends. about: which program reads
    it, and where in its menus. write: the file's bytes, or in words why there is none.
    """

    label: str
    suffix: str
    mime: str
    about: str
    write: Callable[[Export], bytes | str]
