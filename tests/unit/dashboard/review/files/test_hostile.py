"""Every file with texts that end a line, begin a field, close an element, or are a formula."""

import csv
import io
import json
import re
import unicodedata

import opentimelineio as otio
import pytest
from lxml import etree

from dashboard import wording
from dashboard.review.files import FILES, edl, record
from dashboard.review.files.base import File
from tests.helpers.reviews import HOSTILE, export, hostile

BY_SUFFIX = {file.suffix: file for file in FILES}


def written(file: File, text: str) -> str:
    body = file.write(hostile(text))
    assert isinstance(body, bytes)
    return body.decode("utf-8-sig")  # no half of a pair in it


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.suffix)
def test_no_sign_is_left_that_cannot_be_seen(file: File, text: str) -> None:
    kinds = {unicodedata.category(c) for c in written(file, text) if c not in "\r\n\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn"}


@pytest.mark.parametrize("text", [text for text in HOSTILE if wording.plain(text)])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.suffix)
def test_the_file_has_as_many_lines_as_with_plain_texts(file: File, text: str) -> None:
    plain, lines = (written(file, x).splitlines() for x in ("plain", text))
    assert len(lines) == len(plain)
    assert max(map(len, lines)) < 1000


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("suffix", ["-premiere.xml", ".fcpxml"])
def test_markup_stays_a_text(suffix: str, text: str) -> None:
    root, plain = (etree.fromstring(written(BY_SUFFIX[suffix], x).encode()) for x in (text, "x"))
    assert [e.tag for e in root.iter()] == [e.tag for e in plain.iter()]
    assert [sorted(e.attrib) for e in root.iter()] == [sorted(e.attrib) for e in plain.iter()]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("suffix", ["-losslesscut.csv", ".csv"])
def test_no_cell_of_a_table_is_a_formula(suffix: str, text: str) -> None:
    rows = list(csv.reader(io.StringIO(written(BY_SUFFIX[suffix], text), newline="")))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
        assert number or not unicodedata.normalize("NFKC", cell).lstrip().startswith(tuple("=+-@"))


@pytest.mark.parametrize("text", HOSTILE)
def test_lists_of_edits_keep_their_events_and_fields(text: str) -> None:
    for write, comments in ((edl.write_markers, 1), (edl.write_cuts, 2)):
        body = write(hostile(text))
        assert isinstance(body, bytes)
        timeline = otio.adapters.read_from_string(body.decode(), "cmx_3600", rate=60)
        assert len(list(timeline.tracks[0].find_clips())) == 3
        blocks = body.decode().split("\r\n\r\n")[1:]
        assert {len(block.strip().split("\r\n")) for block in blocks} == {1 + comments}
        if comments == 1:
            assert all(block.count("|") == 3 for block in blocks)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_long_title_is_cut_and_one_of_other_directions_is_kept(text: str) -> None:
    told = json.loads(record.write(hostile(text)))
    assert len(told["title"]) <= 140
    assert max(len(m["name"]) for m in told["moments"]) <= 80
    if "مرحبا" in text:
        assert told["title"] == "مرحبا abc"


def test_a_video_whose_id_is_none_has_a_name_that_leads_nowhere() -> None:
    for file in FILES:
        body = file.write(export(vod_id="../../etc/passwd"))
        assert b"passwd" not in body  # type: ignore[operator]
    assert b"stream.mp4" in BY_SUFFIX[".fcpxml"].write(export(vod_id=None))  # type: ignore[operator]


def test_suffixes_are_distinct() -> None:
    assert len(BY_SUFFIX) == len(FILES)
