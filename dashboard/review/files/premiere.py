"""Timelines for Premiere Pro (Final Cut Pro 7 XML, xmeml 5): the VOD with markers, and the cuts.

Times are frames. Source: Apple, Final Cut Pro XML Interchange Format, Elements Catalog: sequence,
clipitem (start, end: in the sequence; in, out: in its media), link, marker (in, out, comment).
"""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from dashboard.review.files.export import NOTHING, Entry, Export
from dashboard.review.files.frame_rates import FrameRate

ABOUT = (
    "Premiere Pro: File, Import. Two sequences: the whole VOD with a marker a moment, "
    "and the cuts one after the other."
)
TRACKS = (("video", 1), ("audio", 1), ("audio", 2))  # picture, left, right
FILE = "vod"


class _Item(NamedTuple):
    """A part of the VOD in a sequence: frames of the VOD, and where in the sequence it begins."""

    name: str
    first: int
    last: int
    start: int = 0
    of: Entry | None = None

    @property
    def end(self) -> int:
        """Where in the sequence it ends."""
        return self.start + self.last - self.first


def write(of: Export) -> bytes | str:
    """A project with both sequences."""
    if not of.in_time:
        return NOTHING
    root = ET.Element("xmeml", version="5")
    project = ET.SubElement(root, "project")
    _texts(project, name=of.name)
    children = ET.SubElement(project, "children")
    whole = _sequence(children, "whole", of.name, _whole(of), of)
    for one in of.in_time:
        _marker(whole, one, of.frame_rate, one.cut)
    _sequence(children, "cuts", f"{of.name} cuts", _cuts(of), of)
    ET.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'
    return f"{head}{ET.tostring(root, encoding='unicode')}\n".encode()


def _whole(of: Export) -> list[_Item]:
    return [_Item(of.media, 0, of.frame_rate.frames(of.length_s))]


def _cuts(of: Export) -> list[_Item]:
    items: list[_Item] = []
    for one in of.in_time:
        first, last = (of.frame_rate.frames(second) for second in one.cut)
        items.append(_Item(one.name, first, last, items[-1].end if items else 0, one))
    return items


def _texts(place: ET.Element, **texts: object) -> None:
    for name, text in texts.items():
        ET.SubElement(place, name).text = str(text)


def _rate(place: ET.Element, rate: FrameRate) -> None:
    _texts(ET.SubElement(place, "rate"), timebase=rate.base, ntsc=str(rate.ntsc).upper())


def _sequence(
    place: ET.Element, key: str, name: str, items: Sequence[_Item], of: Export
) -> ET.Element:
    rate = of.frame_rate
    sequence = ET.SubElement(place, "sequence", id=key)
    _texts(sequence, name=name, duration=items[-1].end)
    _rate(sequence, rate)
    code = ET.SubElement(sequence, "timecode")
    _rate(code, rate)
    _texts(code, string=rate.timecode(0), frame=0, displayformat="DF" if rate.drop else "NDF")
    media = ET.SubElement(sequence, "media")
    sides = {kind: ET.SubElement(media, kind) for kind in ("video", "audio")}
    _video(ET.SubElement(sides["video"], "format"), rate)
    for kind, number in TRACKS:
        track = ET.SubElement(sides[kind], "track")
        for k, item in enumerate(items, 1):
            _clipitem(track, item, (kind, number), (key, k), of)
    return sequence


def _video(place: ET.Element, rate: FrameRate) -> None:
    about = ET.SubElement(place, "samplecharacteristics")
    _rate(about, rate)
    _texts(about, width=1920, height=1080, pixelaspectratio="square", fielddominance="none")


def _clipitem(
    track: ET.Element, item: _Item, where: tuple[str, int], key: tuple[str, int], of: Export
) -> None:
    """A clip on one track, linked to the same clip on the others. where: (kind, number) of the
    track; key: (sequence, number of the clip in it).
    """
    rate = of.frame_rate
    clip = ET.SubElement(track, "clipitem", id=_id(key, where))
    _texts(clip, name=item.name, enabled="TRUE", duration=rate.frames(of.length_s))
    _rate(clip, rate)
    _texts(clip, start=item.start, end=item.end, **{"in": item.first, "out": item.last})
    _file(clip, of, full=_id(key, where) == _id(("whole", 1), TRACKS[0]))
    kind, number = where
    _texts(ET.SubElement(clip, "sourcetrack"), mediatype=kind, trackindex=number)
    for other in TRACKS:
        names = {"linkclipref": _id(key, other), "mediatype": other[0], "trackindex": other[1]}
        _texts(ET.SubElement(clip, "link"), **names, clipindex=key[1])
    if item.of and kind == "video":
        _marker(clip, item.of, rate, (item.of.at_s, max(item.of.at_s, item.of.until_s)))


def _id(key: tuple[str, int], where: tuple[str, int]) -> str:
    return f"{key[0]}-{key[1]}-{where[0]}{where[1]}"


def _file(clip: ET.Element, of: Export, full: bool) -> None:
    """The VOD's file; described once, named by its id from then on."""
    file = ET.SubElement(clip, "file", id=FILE)
    if not full:
        return
    rate = of.frame_rate
    _texts(file, name=of.media, pathurl=f"file://localhost/{of.media}")
    _rate(file, rate)
    _texts(file, duration=rate.frames(of.length_s))
    media = ET.SubElement(file, "media")
    _video(ET.SubElement(media, "video"), rate)
    audio = ET.SubElement(media, "audio")
    _texts(ET.SubElement(audio, "samplecharacteristics"), depth=16, samplerate=48000)
    _texts(audio, channelcount=2)


def _marker(place: ET.Element, one: Entry, rate: FrameRate, span: tuple[int, int]) -> None:
    """span: seconds; in the media of a clip, in a sequence its own."""
    marker = ET.SubElement(place, "marker")
    first, last = map(rate.frames, span)
    _texts(marker, comment=one.note, name=one.name, **{"in": first, "out": last})
