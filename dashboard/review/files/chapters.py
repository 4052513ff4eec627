"""Chapters for a YouTube description, from categories, moments or both.

The first is at 0:00, there are three at least, each lasts ten seconds at least, in the order of
time (YouTube's help on video chapters); a description has 5,000 bytes at most and no < or > (its
Data API, snippet.description); 70 characters of a title are shown. Titles hold no terms of chat:
what is public should be the streamer's own words.
"""

from collections.abc import Iterator

from dashboard import wording
from dashboard.review import sentences
from dashboard.review.files.export import Export

ABOUT = (
    "Paste it into the video's description. By games, with the moments between them; "
    "titles have no word of chat."
)
CHAPTER_S = 10
LEAST = 3
TITLE = 70
DESCRIPTION = 5000
_BRACKETS = str.maketrans("<>", "‹›")


def write(of: Export) -> bytes | str:
    """A line a chapter; categories first, then moments by rank where there is room for them."""
    starts: dict[int, bytes] = {}
    for at_s, title in _wanted(of):
        near = any(abs(at_s - at) < CHAPTER_S for at in starts)
        room = DESCRIPTION - sum(map(len, starts.values()))
        line = _line(at_s, title)
        if not near and at_s <= max(0, of.length_s - CHAPTER_S) and len(line) <= room:
            starts[at_s] = line
    if len(starts) < LEAST:
        return (
            f"YouTube wants at least {LEAST} chapters of {CHAPTER_S} s; this stream would have "
            f"{len(starts)}, its start among them."
        )
    return b"".join(line for _, line in sorted(starts.items()))


def _wanted(of: Export) -> Iterator[tuple[int, str]]:
    """(second, title), the first at 0, then the more important ones first."""
    games = [] if of.chapters_of == "moments" else list(_categories(of))
    if not games or games[0][0]:
        yield 0, "Start"
    yield from games
    if of.chapters_of != "categories":
        yield from ((one.cut.in_s, one.public) for one in of.entries)


def _categories(of: Export) -> Iterator[tuple[int, str]]:
    """Those that lasted as long as a chapter; one that began with the stream begins at 0."""
    ends = [*(at_s for at_s, _ in of.categories[1:]), int(of.length_s)]
    before = None
    for (at_s, name), end_s in zip(of.categories, ends, strict=False):
        if end_s - at_s >= CHAPTER_S and name != before:
            yield (at_s if at_s >= CHAPTER_S else 0), name
            before = name


def _line(at_s: int, title: str) -> bytes:
    clean = wording.plain(title.translate(_BRACKETS), TITLE)
    return f"{_stamp(at_s)} {clean}\n".encode()


def _stamp(seconds: int) -> str:
    """0:00, 12:30, 1:02:03."""
    if seconds >= 3600:
        return sentences.elapsed(seconds)
    return f"{seconds // 60}:{seconds % 60:02d}"
