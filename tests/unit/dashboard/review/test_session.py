"""A reviewed stream: reasons, words, comparison, and the files to take away."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dashboard.charts.coarse import coarse, windows_a_point
from dashboard.review import (
    sentences,
    session_chart,
    session_compare,
    session_marks,
    session_report,
    term_uses,
)
from dashboard.review.files.export import Export, OwnRange
from dashboard.review.record.decided import Decisions, Own
from dashboard.review.session import Session
from dashboard.review.session_list import Place, moment, turn_list
from dashboard.review.session_marks import Marks
from tests.helpers.browser.rows import HOSTILE_LINE, HOSTILE_NAME, HOSTILE_TERM
from warehouse.moments.cuts import cut
from warehouse.moments.kinds import MOMENTS, TURNS, Moment
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.reasons import Reason, Terms, reasons

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEAK = Moment("peak", 4, 5, 6.25, n=60, mood=0.1, before=0.05, rate=120.0, usual=20.0, share=0.5)
FALL = Moment("jump", 40, 50, 5.0, since=30, n=200, mood=-0.1, before=0.2, also=("laughter",))
HOSTILE = Reason(HOSTILE_TERM, "emote", 12, 1.5, 0.04)
FORMULA = Reason('=HYPERLINK("http://evil")|M:x', "word", 3, 0.0, -0.02)


def found(m: Moment, at_s: int, *why: Reason) -> PlacedMoment:
    return PlacedMoment(m, at_s, START + timedelta(seconds=30 * m.first), why)


def stream(**more: Any) -> dict[str, Any]:
    return {
        "stream_id": "alpha:1", "channel": "alpha", "display_name": "Alpha", "title": "A title",
        "category": "Chess", "vod_id": "123456", "undated": False, "started_at": START,
        "ended_at": START + timedelta(hours=1), "readable": 0.97, **more,
    }  # fmt: skip


def row(index: int, n: int, mean: float | None, observed_s: float = 30.0) -> dict[str, Any]:
    start = START.replace(tzinfo=None) + timedelta(seconds=30 * index)
    sd = 0.3 if n > 1 else None
    return {"start": start, "n": n, "mean": mean, "sd": sd, "observed_s": observed_s}


ROWS = (row(0, 10, 0.2), row(1, 0, None), row(2, 0, None, 0.0), row(3, 30, 0.1))
LAUGH = Moment("laughter", 40, 50, 5.0, n=200, mood=-0.1, before=0.2, also=("hype",), point=40)
FOUND = (found(PEAK, 125, HOSTILE, FORMULA), found(LAUGH, 1200))


def session(**more: Any) -> Session:
    return Session(stream(**more), START, START + timedelta(hours=1), ROWS, FOUND)


# -- reasons ---------------------------------------------------------------------------------


def terms() -> Terms:
    """Ten messages a window: LUL twice and bad once in each of ten; in window 5 LUL 12 times."""
    rows = [(k, "LUL", 12.0 if k == 5 else 2.0, 0.1) for k in range(10)]
    rows += [(k, "bad", 1.0, -0.3 if k > 5 else -0.1) for k in range(10)]
    rows.sort(key=lambda r: r[0])
    window, term, n, part = zip(*rows, strict=True)
    kind = ["word" if t == "bad" else "emote" for t in term]
    return Terms(np.array(window), term, kind, np.array(n), np.array(part), np.full(10, 10.0))


def test_a_burst_is_told_by_the_terms_used_more_than_usual() -> None:
    """LUL: 12 of 10 messages, usually 30 of 100."""
    (why,) = reasons(Moment("peak", 5, 6, 5.0), terms())
    assert (why.term, why.kind, why.n, why.usual) == ("LUL", "emote", 12, pytest.approx(3.0))


def test_a_fall_is_told_by_the_terms_that_lowered_the_mood() -> None:
    fall = Moment("jump", 6, 10, 5.0, since=2, mood=-0.2, before=0.0)
    (why,) = reasons(fall, terms())
    assert (why.term, why.n, why.usual) == ("bad", 4, pytest.approx(4.0))
    assert why.part == pytest.approx(-0.2)
    assert reasons(replace(fall, mood=0.2), terms()) == []


def test_messages_alike_are_uses_of_one_word_or_of_all_greetings() -> None:
    kinds = {"no": "word", "hi": "word", "hello": "word", "LUL": "emote", "ownWave": "emote"}

    def alike(*n: float) -> list[float]:
        uses = np.array(n), np.zeros(5)
        return (
            Terms(np.zeros(5, int), [*kinds], [*kinds.values()], *uses, np.ones(2)).alike().tolist()
        )

    assert alike(3, 2, 2, 9, 1) == [5.0, 0.0]
    assert alike(6, 2, 2, 9, 1) == [6.0, 0.0]
    assert alike(0, 0, 0, 20, 0) == [0.0, 0.0], "all laugh"


def test_an_emote_is_one_voice_where_more_than_half_say_it() -> None:
    """Twenty messages a window; Pog 14 times and 9 times."""
    twice = np.array([0, 1]), ["Pog", "Pog"], ["emote", "emote"], np.array([14.0, 9.0])
    assert Terms(*twice, np.zeros(2), np.full(2, 20.0)).alike().tolist() == [4.0, 0.0]


def test_silence_has_no_terms_and_a_stream_without_terms_no_reasons() -> None:
    none = Terms(np.zeros(0, int), [], [], np.zeros(0), np.zeros(0), np.full(10, 10.0))
    assert reasons(Moment("silence", 5, 8, 5.0), terms()) == []
    assert reasons(Moment("peak", 5, 6, 5.0), none) == []
    assert none.laughs().tolist() == none.alike().tolist() == [0.0] * 10
    assert terms().laughs().tolist() == [2.0] * 5 + [12.0] + [2.0] * 4


# -- words -----------------------------------------------------------------------------------


def test_moments_are_told_with_their_counts() -> None:
    assert sentences.sentence(PEAK) == ("120 messages a minute, usually 20 (60 messages in 30 s).")
    assert sentences.sentence(FALL) == (
        "The mood turned from +0.20 to −0.10 (200 messages in the 5 min after)."
    )
    assert sentences.also(FALL) == "also laughter"
    assert sentences.terms(FALL, [FORMULA, HOSTILE]).endswith("12 (before 1.5)")


@pytest.mark.parametrize("kind", (*MOMENTS, *TURNS))
def test_every_kind_is_told_even_when_nothing_is_known(kind: str) -> None:
    told = sentences.sentence(Moment(kind, 0, 4, 4.0))
    assert "nan" not in told
    assert "2 min" in told


@pytest.mark.parametrize(
    ("vod_id", "link"),
    [
        ("123", "https://www.twitch.tv/videos/123?t=1h2m3s"),
        ("", None),
        (None, None),
        ("v123", None),
        ("12/../x", None),
        ("１２３", None),
        ("javascript:alert(1)", None),
        ("123\n", None),
    ],
)
def test_only_a_number_makes_a_vod_link(vod_id: str | None, link: str | None) -> None:
    assert sentences.vod_link(vod_id, 3723) == link


# -- the report and the list ----------------------------------------------------------------


def exported(of: Session, moments: Any = None, **more: Any) -> Export:
    """The session as its files have it; all its moments where none are named."""
    length_s = (of.until - of.since).total_seconds()
    kept = list(enumerate(of.moments, 1)) if moments is None else moments
    return Export("Alpha", "A title", of.since, length_s, of.stream["vod_id"], kept, **more)


def reported(of: Session, source: str = "live") -> str:
    return session_report.report(of, [], source, exported(of))


class _Tags(HTMLParser):
    """Names of the elements, and whether each is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        assert not any(name.startswith("on") or name == "src" for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_is_whole_offline_and_says_what_is_made_up() -> None:
    text = reported(session(), "simulated")
    tags = _Tags(text)
    assert tags.open == []
    assert not tags.names & {"script", "img", "link", "iframe", "object", "style-src"}
    assert "nobody real said any of it" in text
    assert "nobody real" not in reported(session())
    assert "prefers-color-scheme: dark" in text
    assert set(re.findall(r"https?://[^/\"]+", text.replace("http://evil", ""))) == {
        "https://www.twitch.tv"
    }
    assert "?t=0h1m35s" in text


def test_the_report_says_from_where_to_where_to_cut_and_how_sure_that_is() -> None:
    export = exported(session(), own=[OwnRange(600, 40, HOSTILE_NAME)])
    text = unescape(session_report.report(session(), [], "live", export))
    assert "0:19:30 to 0:25:30 in the VOD</a>, the chat reacts at 0:20:00" in text
    assert f'<span class="grade maybe" title="5.0 σ">{LAUGH.grade}</span>' in text
    assert "6 times as busy as usual. 120 messages a minute" in text
    assert f"<b>{HOSTILE_NAME}</b>" in text
    assert "0:10:00 to 0:10:40 in the VOD</a></div>" in text


def test_what_was_dropped_is_neither_in_the_report_nor_on_its_chart() -> None:
    text = session_report.report(session(), [], "live", exported(session(), [(2, FOUND[1])]))
    assert re.findall(r'<span class="dld-rank">(.*?)</span>', text) == ["2"]
    assert re.findall(r'class="number">(.*?)<', text) == ["2"]
    none = session_report.report(session(), [], "live", exported(session(), []))
    assert "No moment was kept." in none
    assert "Nothing stood out" not in none


def test_the_last_time_of_the_chart_is_not_cut_off() -> None:
    assert re.search(r'x="990.0" y="450.0" class="end">1:00:00<', reported(session()))


def test_the_report_tells_how_the_mood_went_apart_from_moments() -> None:
    assert "How the mood went" not in reported(session())
    text = reported(replace(session(), turns=(found(FALL, 1200),)))
    assert "Mood falls" in text.split("How the mood went")[1]


def test_hostile_names_and_terms_are_text_in_the_report() -> None:
    hostile = session(title=HOSTILE_NAME, category="<script>x</script>", display_name=HOSTILE_TERM)
    text = reported(hostile)
    assert _Tags(text).names == _Tags(reported(session())).names
    assert "&lt;img src=x onerror=" in text


@pytest.mark.parametrize("rows", [ROWS[:1], ROWS[1:2], ROWS[2:3], ROWS])
def test_a_report_and_a_chart_are_drawn_of_any_windows(rows: tuple[dict[str, Any], ...]) -> None:
    few = replace(session(), rows=rows, moments=())
    text = reported(few)
    assert "nan" not in text.casefold().split("<body>")[1]
    assert "Nothing stood out" in text
    assert session_chart.figure(few, Marks(), [], [], None, UTC).data


def test_the_list_links_into_the_vod_and_shows_lines_as_text() -> None:
    lines = [[{"text": HOSTILE_LINE, "compound": -0.5}], []]
    drawn = turn_list(list(enumerate(FOUND, 1)), lines, place("123", 30)).text
    assert 'href="https://www.twitch.tv/videos/123?t=0h19m30s"' in drawn
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "href" not in turn_list(list(enumerate(FOUND, 1)), [[], []], place("v1", 30)).text


def place(vod_id: str, lead_s: int) -> Place:
    return Place(vod_id, lambda one: cut(one.at_s, one.until_s, lead_s))


def test_a_moment_has_its_term_in_its_name_its_cut_and_grade_and_its_sigma_in_a_hover() -> None:
    why = Reason("LUL", "emote", 12, 1.5, 0.04)
    drawn = moment(3, found(replace(PEAK, grade="sure"), 125, why), (), place("123", 45), "keep")
    said = " ".join(re.sub("<[^>]*>", " ", drawn.text).split())
    assert said.startswith("3 ▮ Burst of chat: LUL 0:02:05, VOD from 0:01:20 sure kept")
    assert "6 times as busy as usual. 120 messages a minute, usually 20" in said
    assert "Cut 0:01:20 to 0:03:05 (105 s)" in said
    assert "σ" not in said
    assert 'title="6.2 σ: how far' in drawn.text
    assert 'href="https://www.twitch.tv/videos/123?t=0h1m20s"' in drawn.text


def test_what_was_dropped_is_greyed_and_says_so_in_words() -> None:
    drawn = moment(1, FOUND[0], (), place("123", 30), "drop").text
    assert drawn.startswith('<div class="dld-moment drop">')
    assert ">dropped<" in drawn


def test_the_chart_numbers_moments_by_rank_and_escapes_what_is_foreign() -> None:
    marks = Marks(list(enumerate(FOUND, 1)))
    figure = session_chart.figure(session(), marks, [], [], 0.05, UTC)
    (numbers,) = [t for t in figure.data if t.name == "Moments"]
    assert list(numbers.text) == ["2", "1"]
    assert "&lt;img" in numbers.customdata[1][0]
    assert "<img" not in numbers.customdata[1][0]
    assert [t.name for t in figure.data if t.name == "Channel's usual mood"]


def test_the_chart_tells_kept_and_dropped_moments_apart_and_where_the_mood_turned() -> None:
    decided = Decisions({FOUND[0].at: "keep"}, (Own(START, 40, HOSTILE_NAME),))
    marks = Marks([(1, FOUND[0])], [(1, FOUND[1])], decided)
    by = {t.name: t for t in session_chart.figure(session(), marks, [], [], None, UTC).data}
    assert list(by["Kept"].text) == ["1"] and "Moments" not in by
    assert list(by["Turns of mood"].marker.symbol) == ["triangle-down"]
    own = by["Your ranges"]
    assert [x and x.second for x in own.x] == [0, 40, None]
    assert "<" not in own.customdata[0][0]
    dropped = Marks([(1, FOUND[0])], (), Decisions({FOUND[0].at: "drop"}))
    (ring,) = session_marks.traces(dropped, UTC, 0.0, 1.0, {1: 0})
    assert (ring.name, ring.marker.color) == ("Dropped", "rgba(0,0,0,0)")


def test_numbers_of_near_moments_stand_one_above_the_other() -> None:
    near = [(k, replace(FOUND[0], at_s=at_s)) for k, at_s in enumerate((500, 0, 60, 70), 1)]
    assert session_marks.rows_of(near, 1000.0) == {2: 0, 3: 1, 4: 0, 1: 0}
    assert session_marks.rows_of(near, 10_000.0) == {2: 0, 3: 1, 4: 2, 1: 0}
    drawn = session_chart.figure(session(), Marks(near[1:]), [], [], None, UTC)
    (numbers,) = [t for t in drawn.data if t.name == "Moments"]
    assert len({*numbers.y}) == 3 and max(numbers.y) < drawn.layout.yaxis.range[1]


def test_a_terms_uses_stand_before_the_messages_with_their_share_of_the_chat() -> None:
    start = START.replace(tzinfo=None)
    table = pa.table({
        "start": [start, start + timedelta(seconds=30), start + timedelta(seconds=90)],
        "term": ["LUL", HOSTILE_TERM, "LUL"], "n": [4, 9, 15],
    })  # fmt: skip
    assert term_uses.totals(table) == {"LUL": 19, HOSTILE_TERM: 9}
    assert term_uses.uses(table, "LUL", ROWS, 1) == [4, 0, 0, 15]
    assert term_uses.uses(table, "LUL", coarse(ROWS, 2), 2) == [4, 15]
    drawn = session_chart.figure(session(), Marks(), [], [], None, UTC, ("LUL", table))
    (bars,) = [t for t in drawn.data if t.name == "LUL"]
    assert list(bars.y) == [8.0, 0.0, None, 30.0]
    assert bars.customdata[3][0] == "15 uses in 30 messages (50 %)"
    assert drawn.layout.barmode == "overlay"
    edge = [{**ROWS[0], "observed_s": 0.001}]  # one message, on a window's border
    assert list(term_uses.trace("LUL", [1], edge, 1, UTC).y) == [6.0]
    hostile = term_uses.trace(HOSTILE_TERM, [0] * 4, ROWS, 1, UTC)
    assert "<script" not in hostile.name + hostile.hovertemplate


def test_forecasts_are_dashed_with_their_band_and_break_at_gaps() -> None:
    made = [
        {"cutoff": START.replace(tzinfo=None) + timedelta(seconds=30 * k), "q10": -0.1, "q50": 0.1,
         "q90": 0.3} for k in (0, 1, 40)
    ]  # fmt: skip
    figure = session_chart.figure(session(), Marks(), [], made, None, UTC)
    by = {t.name: t for t in figure.data}
    assert by["Forecast 30 s before"].line.dash == "dash"
    assert list(by["Forecast 30 s before"].y) == [0.1, 0.1, None, 0.1, None]
    assert list(by["Forecast's 80 % band"].y) == [0.3, 0.3, -0.1, -0.1, None, 0.3, -0.1, None]


# -- what is usual, and points ---------------------------------------------------------------


def test_a_stream_is_compared_with_those_before_it() -> None:
    past = [{"mean": m, "rate": 10.0, "silent": None} for m in (0.0, 0.1, 0.2, 0.3, 0.4)]
    assert session_compare.mood(0.25, past) == (
        "usually +0.20 (+0.10 to +0.30, 5 streams); higher than 3 of them"
    )
    assert session_compare.rate(5.0, past).endswith("higher than none of them")
    assert session_compare.silent(0.1, past) == "too few streams before it to compare"
    assert session_compare.mood(0.2, past).endswith("higher than 2 of them")
    assert session_compare.mood(0.204, past).endswith("higher than 2 of them"), "shown as 0.20"
    assert session_compare.mood(None, past) == "usually +0.20 (+0.10 to +0.30, 5 streams)"
    assert session_compare.mood(0.1, past[:2]) == "too few streams before it to compare"


def test_points_are_sums_of_windows_and_silence_stays_silence() -> None:
    assert [windows_a_point(k) for k in (1, 240, 241, 481, 10**6)] == [1, 1, 2, 4, 240]
    first, second = coarse(ROWS, 2)
    assert (first["n"], first["mean"], first["observed_s"]) == (10, 0.2, 60.0)
    assert (second["n"], second["mean"], second["observed_s"]) == (30, 0.1, 30.0)
    whole = coarse(ROWS, 4)[0]
    squares = 9 * 0.09 + 29 * 0.09 + 10 * 0.075**2 + 30 * 0.025**2
    assert whole["mean"] == pytest.approx(0.125)
    assert whole["sd"] == pytest.approx((squares / 39) ** 0.5)
    assert coarse([], 4) == []
    assert coarse(ROWS[1:2], 2)[0]["mean"] is None
