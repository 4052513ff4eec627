"""Timelines, read back by OpenTimelineIO and held to what their makers say of them."""

import io
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import opentimelineio as otio
import pytest
from lxml import etree

from dashboard.review.files import edl, final_cut, premiere
from dashboard.review.files.export import Export
from dashboard.review.files.frame_rates import RATES
from tests.helpers.reviews import export

# Elements that are written, with what they hold and in which order: Apple, FCPXML 1.10, DTD
FCPXML = """
<!ELEMENT fcpxml (import-options?, resources?, (library | event*))>
<!ATTLIST fcpxml version CDATA #FIXED "1.10">
<!ELEMENT import-options EMPTY>
<!ELEMENT resources (asset | format)*>
<!ELEMENT format EMPTY>
<!ATTLIST format id ID #REQUIRED name CDATA #IMPLIED frameDuration CDATA #IMPLIED
  width CDATA #IMPLIED height CDATA #IMPLIED>
<!ELEMENT asset (media-rep+)>
<!ATTLIST asset id ID #REQUIRED name CDATA #IMPLIED start CDATA #IMPLIED duration CDATA #IMPLIED
  hasVideo CDATA #IMPLIED format IDREF #IMPLIED hasAudio CDATA #IMPLIED videoSources CDATA #IMPLIED
  audioSources CDATA #IMPLIED audioChannels CDATA #IMPLIED audioRate CDATA #IMPLIED>
<!ELEMENT media-rep EMPTY>
<!ATTLIST media-rep kind (original-media | proxy-media) "original-media" src CDATA #REQUIRED>
<!ELEMENT library (event)*>
<!ELEMENT event (asset-clip | project)*>
<!ATTLIST event name CDATA #IMPLIED>
<!ELEMENT project (sequence)>
<!ATTLIST project name CDATA #IMPLIED>
<!ELEMENT sequence (note?, spine)>
<!ATTLIST sequence format IDREF #REQUIRED duration CDATA #IMPLIED tcStart CDATA #IMPLIED
  tcFormat (DF | NDF) #IMPLIED audioLayout (mono | stereo | surround) #IMPLIED
  audioRate (32k | 44.1k | 48k | 88.2k | 96k | 176.4k | 192k) #IMPLIED>
<!ELEMENT spine (asset-clip)*>
<!ELEMENT asset-clip (note?, (marker | keyword)*)>
<!ATTLIST asset-clip ref IDREF #REQUIRED offset CDATA #IMPLIED name CDATA #IMPLIED
  start CDATA #IMPLIED duration CDATA #IMPLIED format IDREF #IMPLIED tcFormat (DF | NDF) #IMPLIED>
<!ELEMENT note (#PCDATA)>
<!ELEMENT marker EMPTY>
<!ATTLIST marker start CDATA #REQUIRED duration CDATA #IMPLIED value CDATA #REQUIRED
  note CDATA #IMPLIED>
<!ELEMENT keyword EMPTY>
<!ATTLIST keyword start CDATA #IMPLIED duration CDATA #IMPLIED value CDATA #REQUIRED
  note CDATA #IMPLIED>
"""
# (name, in, out) in seconds, in the order of time: 30 s before the reaction and after it
CUTS = [("Burst of chat", 95, 185), ("Laughter: KEKW", 1170, 1350), ("My intro", 3000, 3040)]


@pytest.fixture(autouse=True)
def _fcpx(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The adapter for FCPXML imports a name that Python 3.9 took away."""
    monkeypatch.setattr("xml.etree.cElementTree", ElementTree, raising=False)
    yield


def read(body: bytes | str, adapter: str, **more: Any) -> Any:
    assert isinstance(body, bytes), body
    return otio.adapters.read_from_string(body.decode(), adapter, **more)


def spans(clips: Any) -> list[tuple[str, int, int]]:
    """(name, in, out) of clips, to the second."""
    ranges = [(clip.name, clip.source_range) for clip in clips]
    return [
        (name, round(r.start_time.to_seconds()), round(r.end_time_exclusive().to_seconds()))
        for name, r in ranges
    ]


@pytest.mark.parametrize("rate", RATES)
def test_premiere_gets_the_cuts_on_picture_and_both_sounds(rate: str) -> None:
    _, cuts = read(premiere.write(export(frame_rate=RATES[rate])), "fcp_xml")
    assert [track.kind for track in cuts.tracks] == ["Video", "Audio", "Audio"]
    for track in cuts.tracks:
        assert spans(track) == CUTS
        assert not list(track.find_children(descended_from_type=otio.schema.Gap))
    exact = float(1 / RATES[rate].frame_s)
    assert cuts.tracks[0][0].source_range.start_time.rate == pytest.approx(exact, abs=0.01)


def test_premiere_gets_the_whole_stream_with_a_marker_a_cut() -> None:
    whole, cuts = read(premiere.write(export()), "fcp_xml")
    assert spans(whole.tracks[0]) == [("123.mp4", 0, 7200)]
    marks = whole.tracks.markers
    places = [(m.marked_range.start_time, m.marked_range.end_time_exclusive()) for m in marks]
    assert [
        (m.name, a.to_seconds(), b.to_seconds()) for m, (a, b) in zip(marks, places, strict=True)
    ] == CUTS
    assert marks[1].metadata["fcp_xml"]["comment"].startswith("Chat reacts at 0:20:00. ")
    inside = cuts.tracks[0][1].markers[0]
    assert inside.marked_range.start_time.to_seconds() == 1200  # where chat reacts


def test_premiere_links_picture_and_sounds_of_a_clip_and_of_no_other() -> None:
    root = etree.fromstring(premiere.write(export()))
    ids = {clip.get("id") for clip in root.iter("clipitem")}
    assert len(ids) == 3 * (1 + len(CUTS))
    for clip in root.iter("clipitem"):
        linked = [link.findtext("linkclipref") for link in clip.iter("link")]
        assert set(linked) <= ids
        assert clip.get("id") in linked
        assert {name.rpartition("-")[0] for name in linked} == {clip.get("id").rpartition("-")[0]}
        places = set(clip.xpath("link/clipindex/text()"))
        assert places == {str(clip.getparent().findall("clipitem").index(clip) + 1)}
    files = list(root.iter("file"))
    assert [len(file) > 0 for file in files] == [True] + [False] * (len(files) - 1)


@pytest.mark.parametrize("rate", RATES)
def test_premiere_hears_whether_labels_are_dropped(rate: str) -> None:
    root = etree.fromstring(premiere.write(export(frame_rate=RATES[rate])))
    told = ("DF", "00:00:00;00") if RATES[rate].drop else ("NDF", "00:00:00:00")
    codes = [(c.findtext("displayformat"), c.findtext("string")) for c in root.iter("timecode")]
    assert codes == [told, told]


@pytest.mark.parametrize("rate", RATES)
def test_final_cut_takes_the_file_by_its_dtd(rate: str) -> None:
    root = etree.fromstring(final_cut.write(export(frame_rate=RATES[rate])))
    dtd = etree.DTD(io.StringIO(FCPXML))
    assert dtd.validate(root), dtd.error_log
    assert root.xpath("//sequence/@tcFormat") == ["DF" if RATES[rate].drop else "NDF"]


@pytest.mark.parametrize("rate", RATES)
def test_every_time_of_final_cut_is_a_whole_frame(rate: str) -> None:
    """Else Final Cut warns that an edit lies off the edges of frames."""
    root = etree.fromstring(final_cut.write(export(frame_rate=RATES[rate])))
    times = root.xpath("//library//@start | //@offset | //@duration | //@tcStart")
    assert len(times) > 3 * len(CUTS)
    for time in times:
        assert (Fraction(time.removesuffix("s")) / RATES[rate].frame_s).denominator == 1


def test_final_cut_gets_the_cuts_and_a_marker_where_chat_reacts() -> None:
    (project,) = read(final_cut.write(export()), "fcpx_xml")
    (track,) = project.tracks
    assert spans(track) == CUTS
    marks = [clip.markers[0] for clip in track]
    assert [round(m.marked_range.start_time.to_seconds()) for m in marks] == [125, 1200, 3000]
    assert marks[1].name == "Laughter: KEKW"
    root = etree.fromstring(final_cut.write(export()))
    places = root.xpath("//spine/asset-clip/@offset")
    assert [Fraction(place[:-1]) for place in places] == [0, 90, 270]  # where the one before ends
    assert Fraction(root.xpath("//sequence/@duration")[0][:-1]) == 310


def test_final_cut_gets_the_whole_stream_with_ranges_by_grade() -> None:
    root = etree.fromstring(final_cut.write(export()))
    (clip,) = root.xpath("//event/asset-clip")
    found = [
        (k.get("value"), k.get("note"), *(Fraction(k.get(a)[:-1]) for a in ("start", "duration")))
        for k in clip.iter("keyword")
    ]
    assert found == [("maybe", "Burst of chat", 95, 90), ("sure", "Laughter: KEKW", 1170, 180),
                     ("own", "My intro", 3000, 40)]  # fmt: skip
    assert [m.get("value") for m in clip.iter("marker")] == [name for name, *_ in CUTS]


@pytest.mark.parametrize("rate", RATES)
def test_the_list_of_cuts_is_a_cmx_3600_at_its_rate(rate: str) -> None:
    """Records follow one another, and are as long as their sources, or the reader refuses."""
    of = RATES[rate]
    body = edl.write_cuts(export(frame_rate=of))
    timeline = read(body, "cmx_3600", rate=float(1 / of.frame_s))
    assert [track.name for track in timeline.tracks] == ["V", "A1", "A2"]
    for track in timeline.tracks:
        assert [(a, b) for _, a, b in spans(track)] == [(a, b) for _, a, b in CUTS]
        assert {clip.name for clip in track} == {"123.mp4"}


@pytest.mark.parametrize(("rate", "mode"), [
    ("29.97 drop frame", "DROP FRAME"), ("59.94 drop frame", "DROP FRAME"),
    ("29.97", "NON-DROP FRAME"), ("60", "NON-DROP FRAME"),
])  # fmt: skip
def test_lists_say_whether_labels_are_dropped(rate: str, mode: str) -> None:
    for write in (edl.write_cuts, edl.write_markers):
        lines = write(export(frame_rate=RATES[rate])).decode().split("\r\n")
        assert lines[:3] == ["TITLE: Alpha 2026-11-22", f"FCM: {mode}", ""]
        assert (";" in lines[3]) == (mode == "DROP FRAME")


def test_markers_are_what_resolve_reads() -> None:
    lines = edl.write_markers(export()).decode().split("\r\n")
    assert lines[3] == (
        "001  001      V     C        01:01:35:00 01:01:35:01 01:01:35:00 01:01:35:01"
    )
    assert lines[4] == (
        "Chat reacts at 0:02:05, 6 times as busy as usual. 120 messages a minute, usually 20 "
        "(60 messages in 30 s). |C:ResolveColorPurple |M:Burst of chat |D:5400"
    )
    assert lines[7].endswith(" |C:ResolveColorPink |M:Laughter: KEKW |D:10800")
    assert lines[10] == "Drawn by hand. |C:ResolveColorBlue |M:My intro |D:2400"


@pytest.mark.parametrize("rate", RATES)
def test_markers_stand_where_their_cuts_begin(rate: str) -> None:
    of = RATES[rate]
    timeline = read(
        edl.write_markers(export(frame_rate=of)), "cmx_3600", rate=float(1 / of.frame_s)
    )
    places = [clip.source_range for clip in timeline.tracks[0].find_clips()]
    assert [round(p.start_time.to_seconds() - _hour(of)) for p in places] == [
        at for _, at, _ in CUTS
    ]
    assert {p.duration.value for p in places} == {1}


def _hour(rate: Any) -> float:
    """Seconds that pass until a timecode of that rate shows 01:00:00:00."""
    return 3600 * (1.001 if rate.ntsc and not rate.drop else 1)


def test_what_lies_past_the_last_timecode_of_a_day_is_left_out() -> None:
    late = Export(**{**vars(export()), "length_s": 90000.0, "own": [
        *[type(export().own[0])(at, 60, "late") for at in (82739, 82741, 86341)],
    ], "moments": []})  # fmt: skip
    assert edl.write_markers(late).decode().count("ResolveColor") == 1
    assert edl.write_cuts(late).decode().count("FROM CLIP NAME") == 2
