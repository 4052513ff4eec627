"""Timeline for Final Cut Pro (FCPXML 1.10): the VOD with its markers, and a project of the cuts.

Read by Resolve as well. Times are whole frames as fractions of a second.
Source: Apple, FCPXML Reference, Document Type Definition 1.10: what an element holds, and in
which order (an asset-clip: its note, then its markers and keywords; resources before the library).
"""

from xml.etree import ElementTree as ET

from dashboard.review.files.export import NOTHING, Entry, Export
from dashboard.review.files.frame_rates import FrameRate

ABOUT = (
    "Final Cut Pro 10.6 and newer: File, Import, XML. An event with the VOD, a marker and a range "
    "a moment, and a project with the cuts. Resolve reads it, too."
)
VERSION = "1.10"
_NTSC = {24: "2398", 30: "2997", 60: "5994"}  # as Final Cut names its formats


def write(of: Export) -> bytes | str:
    """The event of a library."""
    if not of.in_time:
        return NOTHING
    root = ET.Element("fcpxml", version=VERSION)
    _resources(ET.SubElement(root, "resources"), of)
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name=of.name)
    _browser_clip(event, of)
    _project(event, of)
    ET.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
    return f"{head}{ET.tostring(root, encoding='unicode')}\n".encode()


def _time(rate: FrameRate, frames: int) -> str:
    """Always a fraction: some readers know no other form."""
    one = rate.frame_s
    return f"{frames * one.numerator}/{one.denominator}s"


def _resources(place: ET.Element, of: Export) -> None:
    rate = of.frame_rate
    name = f"FFVideoFormat1080p{_NTSC[rate.base] if rate.ntsc else rate.base}"
    ET.SubElement(place, "format", id="r1", name=name, frameDuration=_time(rate, 1),
                  width="1920", height="1080")  # fmt: skip
    asset = ET.SubElement(
        place, "asset", id="r2", name=of.media, start=_time(rate, 0), duration=_length(of),
        hasVideo="1", format="r1", hasAudio="1", videoSources="1", audioSources="1",
        audioChannels="2", audioRate="48000",
    )  # fmt: skip
    ET.SubElement(asset, "media-rep", kind="original-media", src=f"file:///{of.media}")


def _length(of: Export) -> str:
    return _time(of.frame_rate, of.frame_rate.frames(of.length_s))


def _clip(place: ET.Element, of: Export, **more: str) -> ET.Element:
    drop = "DF" if of.frame_rate.drop else "NDF"
    return ET.SubElement(
        place, "asset-clip", {"ref": "r2", "format": "r1", "tcFormat": drop, **more}
    )


def _browser_clip(event: ET.Element, of: Export) -> None:
    """The whole VOD; its ranges by grade become keyword collections."""
    rate = of.frame_rate
    clip = _clip(event, of, name=of.media, start=_time(rate, 0), duration=_length(of))
    for one in of.in_time:
        _marker(clip, one, rate)
        start, end = rate.frames(one.cut.in_s), rate.frames(one.cut.out_s)
        ET.SubElement(clip, "keyword", start=_time(rate, start), value=one.grade, note=one.name,
                      duration=_time(rate, end - start))  # fmt: skip


def _project(event: ET.Element, of: Export) -> None:
    """The cuts one after the other, a marker in each where chat reacts."""
    rate, offset = of.frame_rate, 0
    project = ET.SubElement(event, "project", name=f"{of.name} cuts")
    drop = "DF" if rate.drop else "NDF"
    sequence = ET.SubElement(project, "sequence", format="r1", tcStart=_time(rate, 0),
                             tcFormat=drop, audioLayout="stereo", audioRate="48k")  # fmt: skip
    spine = ET.SubElement(sequence, "spine")
    for one in of.in_time:
        start, end = rate.frames(one.cut.in_s), rate.frames(one.cut.out_s)
        clip = _clip(spine, of, name=one.name, offset=_time(rate, offset),
                     start=_time(rate, start), duration=_time(rate, end - start))  # fmt: skip
        ET.SubElement(clip, "note").text = one.note
        _marker(clip, one, rate)
        offset += end - start
    sequence.set("duration", _time(rate, offset))


def _marker(clip: ET.Element, one: Entry, rate: FrameRate) -> None:
    """Where chat reacts, in the clip's own time, which is the VOD's."""
    ET.SubElement(clip, "marker", start=_time(rate, rate.frames(one.at_s)),
                  duration=_time(rate, 1), value=one.name, note=one.note)  # fmt: skip
