"""Tables, segments and chapters, read back as their readers do."""

import csv
import io
import json
import re

import pandas as pd
import pytest

from dashboard.review.files import chapters, edl, final_cut, lossless_cut, premiere, record, table
from dashboard.review.files.export import NOTHING, Export, OwnRange, categories
from tests.helpers.reviews import LAUGHS, PEAK, START, export, found

# LosslessCut's parseTime (src/renderer/src/edlFormats.ts)
TIME = re.compile(r"^\D*(?:(?:(\d+):)?(\d{1,2}):)?(\d+)(?:\.(\d{1,3}))?:?")


def text(body: bytes | str) -> str:
    assert isinstance(body, bytes), body
    return body.decode("utf-8-sig")


def test_losslesscut_gets_three_columns_and_no_header() -> None:
    rows = list(csv.reader(io.StringIO(text(lossless_cut.write(export())))))
    assert rows == [["95", "185", "Burst of chat"], ["1170", "1350", "Laughter: KEKW"],
                    ["3000", "3040", "My intro"]]  # fmt: skip
    assert all(TIME.fullmatch(cell) for row in rows for cell in row[:2])


def test_a_cut_from_the_first_second_on_begins_at_0_and_not_where_nobody_says() -> None:
    """LosslessCut takes an empty start for a marker's, not for 0."""
    early = export(moments=[(1, found(PEAK, 12))], own=())
    assert text(lossless_cut.write(early)).startswith("0,")


def test_the_table_has_the_reaction_beside_the_cut() -> None:
    body = table.write(export())
    assert body.startswith(b"\xef\xbb\xbf")  # else Excel takes it for another encoding
    rows = pd.read_csv(io.BytesIO(body))
    assert list(rows.columns) == list(table.COLUMNS)
    assert rows["rank"].tolist()[:2] == [1, 3]  # as on the page, though 2 was dropped
    assert pd.isna(rows["rank"][2])
    assert rows["elapsed_s"].tolist() == [1200, 125, 3000]
    assert rows["in_s"].tolist() == [1170, 95, 3000]
    assert rows["out_s"].tolist() == [1350, 185, 3040]
    assert rows["grade"].tolist() == ["sure", "maybe", "own"]
    assert rows["start"].tolist()[1] == "2026-11-22T12:02:00Z"
    assert rows["terms"][0] == "KEKW 43 (usually 4.0)"
    assert rows["vod"][0] == "https://www.twitch.tv/videos/123?t=0h19m30s"
    assert rows["sigma"].tolist()[:2] == [5.0, 6.25]


def test_a_stream_without_a_date_has_none_in_its_files() -> None:
    undated = export(dated=False)
    assert pd.read_csv(io.BytesIO(table.write(undated)))["start"].isna().all()
    told = json.loads(record.write(undated))
    assert told["started_at"] is None
    assert {m["start"] for m in told["moments"]} == {None}
    assert "2026" not in text(edl.write_markers(undated))


def test_the_record_says_what_the_table_says() -> None:
    told = json.loads(record.write(export()))
    assert (told["version"], told["channel"], told["length_s"]) == (1, "Alpha", 7200)
    assert told["started_at"] == "2026-11-22T12:00:00Z"
    assert told["categories"] == [{"at_s": 0, "name": "Chess"},
                                  {"at_s": 1800, "name": "Just Chatting"}]  # fmt: skip
    first, _, drawn = told["moments"]
    assert first["terms"] == [{"term": "KEKW", "n": 43, "usual": 4.0}]
    assert first["also"] == ["peak"]
    assert drawn["kind"] is None
    rows = csv.DictReader(io.StringIO(text(table.write(export()))))
    for row, moment in zip(rows, told["moments"], strict=True):
        for name in ("name", "in_s", "out_s", "elapsed_s", "grade", "start", "vod"):
            assert row[name] == str(moment[name])


@pytest.mark.parametrize("seconds", [0, 30, 60])
def test_the_lead_in_moves_every_cut_and_no_reaction(seconds: int) -> None:
    told = json.loads(record.write(export(lead_s=seconds)))["moments"]
    assert [m["in_s"] for m in told] == [1200 - seconds, max(0, 125 - seconds), 3000]
    assert [m["elapsed_s"] for m in told] == [1200, 125, 3000]


@pytest.mark.parametrize("write", [
    lossless_cut.write, premiere.write, final_cut.write, edl.write_markers, edl.write_cuts,
])  # fmt: skip
def test_where_nothing_is_left_to_cut_a_file_says_so(write: object) -> None:
    assert write(export(moments=[], own=())) == NOTHING  # type: ignore[operator]


# -- chapters --------------------------------------------------------------------------------


def lines(of: Export) -> list[str]:
    """The chapters, once they were seen to keep YouTube's rules."""
    body = text(chapters.write(of))
    assert len(body.encode()) <= 5000
    assert not set("<>") & set(body)
    found = [re.fullmatch(r"(?:(\d+):)?(\d?\d):(\d\d) (\S.{0,69})", x) for x in body.splitlines()]
    at = [int(m[1] or 0) * 3600 + int(m[2]) * 60 + int(m[3]) for m in found if m]
    assert len(at) == len(found) >= 3
    assert at[0] == 0
    ends = [*at[1:], int(of.length_s)]
    assert all(b - a >= 10 for a, b in zip(at, ends, strict=True))
    return body.splitlines()


def test_chapters_are_games_with_the_moments_between_them() -> None:
    assert lines(export()) == [
        "0:00 Chess", "1:35 Burst of chat", "19:30 Laughter", "30:00 Just Chatting",
        "50:00 My intro",
    ]  # fmt: skip


def test_chapters_are_of_games_or_of_moments_alone_where_that_is_wanted() -> None:
    three = [(0, "Chess"), (1800, "Just Chatting"), (6000, "Tetris")]
    games = export(chapters_of="categories", categories=three)
    assert lines(games) == ["0:00 Chess", "30:00 Just Chatting", "1:40:00 Tetris"]
    assert lines(export(chapters_of="moments"))[:2] == ["0:00 Start", "1:35 Burst of chat"]


def test_titles_have_no_bracket_that_youtube_refuses() -> None:
    assert lines(export(categories=[(0, "I <3 Chess>")]))[0] == "0:00 I ‹3 Chess›"


def test_a_game_of_a_few_seconds_is_no_chapter_and_divides_none() -> None:
    """A wrong category, put right at once."""
    turns = [(0, "Oops"), (4, "Chess"), (600, "Oops"), (605, "Chess"), (900, "Tetris"),
             (7195, "Oops")]  # fmt: skip
    of = export(chapters_of="categories", categories=turns)
    assert "would have 2" in chapters.write(of)  # type: ignore[operator]
    assert lines(export(categories=turns, moments=[(1, found(LAUGHS, 1200))], own=())) == [
        "0:00 Chess", "15:00 Tetris", "19:30 Laughter",
    ]  # fmt: skip


def test_of_moments_that_are_too_near_the_stronger_one_stays() -> None:
    at = (3723, 38, 130, 135, 3620, 3770)  # by rank
    ranked = [(k, found(PEAK, seconds)) for k, seconds in enumerate(at, 1)]
    of = export(moments=ranked, own=(), chapters_of="moments", length_s=3749)
    assert lines(of) == [
        "0:00 Start", "1:40 Burst of chat", "59:50 Burst of chat", "1:01:33 Burst of chat",
    ]  # fmt: skip


def test_a_description_ends_before_it_is_too_long() -> None:
    own = [OwnRange(60 * k, 30, f"{k} " + "😂" * 70) for k in range(1, 100)]
    assert 10 < len(lines(export(own=own, moments=[]))) < 30


def test_too_few_chapters_say_why() -> None:
    assert chapters.write(export(categories=(), own=(), moments=[(1, found(PEAK, 125))])) == (
        "YouTube wants at least 3 chapters of 10 s; this stream would have 2, its start among them."
    )
    assert "would have 1" in chapters.write(export(length_s=3))  # type: ignore[operator]


def test_categories_are_the_first_and_those_turned_to() -> None:
    turns = [{"at": START.replace(hour=13, tzinfo=None), "detail": "Tetris"},
             {"at": START.replace(hour=14), "detail": None}]  # fmt: skip
    assert categories("Chess", START, turns) == [(0, "Chess"), (3600, "Tetris")]
    assert categories(None, START, turns) == [(3600, "Tetris")]
