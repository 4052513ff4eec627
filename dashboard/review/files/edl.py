"""Edit decision lists (CMX 3600): timeline markers for DaVinci Resolve, and a list of cuts."""

from collections.abc import Iterator

from dashboard import wording
from dashboard.review.files.export import NOTE, NOTHING, Entry, Export
from dashboard.review.files.frame_rates import FrameRate

MARKERS = (
    "DaVinci Resolve: right-click the timeline in the media pool, Timelines, Import, "
    "Timeline Markers from EDL. Times count from 01:00:00:00, where its timelines begin."
)
CUTS = "Avid, Vegas, Edius, Resolve and others: import as a CMX 3600 EDL. Only the cuts, in order."
TIMELINE_H = 1  # an editor's timeline begins at 01:00:00:00
_COLOURS = {
    "peak": "Purple", "hype": "Green", "laughter": "Pink", "silence": "Cream",
}  # fmt: skip


def write_markers(of: Export) -> bytes | str:
    """A marker a cut, as long as the cut, in the order of time.

    An event of one frame, then `note |C:colour |M:name |D:frames`. What lies past the last
    timecode of a day is left out.
    Source: the layout of Resolve's own export (Timelines > Export > Timeline Markers to EDL).
    """
    rate = of.frame_rate
    marks = (one for one in of.in_time if _ends(one, rate, TIMELINE_H))
    events = [list(_marker(k, one, rate)) for k, one in enumerate(marks, 1)]
    return _list(of, events)


def _marker(number: int, one: Entry, rate: FrameRate) -> Iterator[str]:
    at = rate.frames(one.cut.in_s)
    start, end = rate.timecode(at, TIMELINE_H), rate.timecode(at + 1, TIMELINE_H)
    colour = _COLOURS.get(one.found.moment.kind, "Blue") if one.found else "Blue"
    frames = rate.frames(one.cut.out_s) - at
    yield f"{number:03d}  001      V     C        {start} {end} {start} {end}"
    yield f"{_line(one.note, NOTE)} |C:ResolveColor{colour} |M:{_line(one.name)} |D:{frames}"


def write_cuts(of: Export) -> bytes | str:
    """An event a cut, one after the other from 01:00:00:00, picture and both sounds.

    The source's time counts from 00:00:00:00, as in a VOD's file, which has no timecode.
    Source: CMX 3600 as DaVinci Resolve's manual has it ("Conforming EDL files"): number, reel (AX:
    a file), tracks, C for a cut, in and out of the source, in and out of the record.
    """
    rate, record = of.frame_rate, 0
    events: list[list[str]] = []
    for one in of.in_time:
        first, last = rate.frames(one.cut.in_s), rate.frames(one.cut.out_s)
        span = record, record + last - first
        codes = [rate.timecode(first), rate.timecode(last)]
        codes += [rate.timecode(at, TIMELINE_H) for at in span]
        if all(codes):
            head = f"{len(events) + 1:03d}  AX       AA/V  C        "
            name = f"* COMMENT: {_line(one.name)} ({one.grade})"
            events.append([head + " ".join(map(str, codes)), _clip(of), name])
            record = span[1]
    return _list(of, events)


def _clip(of: Export) -> str:
    return f"* FROM CLIP NAME: {of.media}"


def _ends(one: Entry, rate: FrameRate, first_h: int) -> bool:
    return rate.timecode(rate.frames(one.cut.out_s), first_h) is not None


def _list(of: Export, events: list[list[str]]) -> bytes | str:
    if not events:
        return NOTHING
    mode = "DROP FRAME" if of.frame_rate.drop else "NON-DROP FRAME"
    lines = [f"TITLE: {_line(of.name, 60)}", f"FCM: {mode}", ""]
    for event in events:
        lines += [*event, ""]
    return "\r\n".join(lines).encode()


def _line(text: str, longest: int = NOTE) -> str:
    """Foreign text that ends no line and begins no field."""
    return wording.plain(text, longest).replace("|", "/").lstrip("*").strip()
