"""The Session review page on rows known exactly, run by Streamlit's own AppTest."""

import gc
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.review import session_report
from dashboard.review.session import Session
from tests.helpers.browser import published
from tests.helpers.browser.rows import (
    HOSTILE_LINE,
    HOSTILE_NAME,
    HOSTILE_TERM,
    Row,
    channel,
    forecast,
    stream,
    term,
    window,
)
from tests.helpers.pages import html_of, open_at, text_of
from tests.helpers.paths import ROOT

PAGE = ROOT / "dashboard" / "app_pages" / "review.py"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WINDOWS = 100
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run the page on a data folder with an address."""

    def opened(data: Path, **address: str) -> AppTest:
        return open_at(monkeypatch, NOON + timedelta(hours=2), "review", data, address)

    return opened


def session(start: datetime, n: Sequence[int], **more: Any) -> dict[str, list[Row]]:
    """A stream of alpha with n messages a window at mood 0.1; more: of its row in streams."""
    row = stream("alpha", start, start + len(n) * timedelta(seconds=30), **more)
    at = [start + k * timedelta(seconds=30) for k in range(len(n))]
    own = {"stream_id": row["stream_id"]}
    windows = [window("alpha", a, k, 0.1 if k else None, **own) for a, k in zip(at, n, strict=True)]
    return {"streams": [row], "windows": windows}


def merged(*parts: dict[str, list[Row]]) -> dict[str, list[Row]]:
    names = {name for part in parts for name in part}
    return {name: [row for part in parts for row in part.get(name, ())] for name in names}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alpha: four streams of ten messages a window, the last with a burst of 60 at 0:25:00."""
    root = tmp_path_factory.mktemp("session")
    n = [10] * WINDOWS
    n[50] = 60
    burst = NOON + timedelta(seconds=30 * 50)
    past = [session(NOON - timedelta(days=k), [5 * k] * WINDOWS) for k in (1, 2, 3)]
    tables = merged(*past, session(NOON, n, title=HOSTILE_NAME, vod_id="42"))
    published.write(
        root,
        {
            **tables,
            "channels": [channel("alpha", display_name=HOSTILE_NAME), channel("beta")],
            "window_terms": [
                term("alpha", burst, HOSTILE_TERM, 30, 0.05),
                term("alpha", burst, "*", 30, 0.05, "rest"),
            ],
            "samples": [
                {"channel": "alpha", "start": burst, "rank": 1, "text": HOSTILE_LINE,
                 "compound": 0.5}
            ],
            "events": [
                {"event_id": "1", "channel": "alpha", "at": burst, "kind": "raid",
                 "detail": "beta"}
            ],
            "forecasts": [forecast("alpha", burst, "lstm-1", 0.12)],
        },
    )  # fmt: skip
    return root


def test_the_newest_stream_is_drawn_with_its_moment_its_why_and_its_link(
    folder: Path, open_page: Open
) -> None:
    page = open_page(folder)
    assert not page.exception
    text = text_of(page)
    assert "Moments n = 1, of 3.5 σ and more" in text
    assert "Burst of chat" in text
    assert "120 messages a minute, usually 20 (60 messages in 30 s)." in text
    assert "n = 1,050; usually +0.10 (+0.10 to +0.10, 3 streams); higher than none of them" in text
    assert "Messages / min 21 usually 20 (15 to 25, 3 streams); higher than 2 of them" in text
    assert 'href="https://www.twitch.tv/videos/42?t=0h25m0s"' in html_of(page)
    assert page.query_params["stream"] in ("alpha:20261122T120000", ["alpha:20261122T120000"])


def test_a_page_that_is_drawn_keeps_no_windows(folder: Path, open_page: Open) -> None:
    page = open_page(folder)
    gc.collect()
    assert page.pills(key="kinds").options == ["Burst of chat (1)"]
    assert not [each for each in gc.get_objects() if isinstance(each, Session)]


def test_hostile_names_terms_and_lines_are_text(folder: Path, open_page: Open) -> None:
    drawn = html_of(open_page(folder))
    assert "&lt;img src=x onerror=" in drawn
    assert "&lt;script&gt;" in drawn
    assert not re.search(r"<(img|script|b onclick)", drawn)


def test_a_stream_is_taken_from_the_address(folder: Path, open_page: Open) -> None:
    page = open_page(folder, stream="alpha:20261121T120000")
    assert page.selectbox(key="review-stream").value == "alpha:20261121T120000"
    text = text_of(page)
    assert "Nothing stood out" in text
    assert "too few streams before it to compare" in text
    assert "No Chapters (YouTube): YouTube wants at least 3 chapters" in page.caption[-1].value


def test_choosing_another_stream_changes_the_address(folder: Path, open_page: Open) -> None:
    page = open_page(folder)
    page.selectbox(key="review-stream").set_value("alpha:20261120T120000").run()
    assert page.query_params["stream"] in ("alpha:20261120T120000", ["alpha:20261120T120000"])
    assert not page.exception


@pytest.mark.parametrize("asked", ["alpha:1", "<script>", "x" * 3000, "'; DROP TABLE streams"])
def test_a_stream_nobody_knows_is_said_and_the_newest_shown(
    asked: str, folder: Path, open_page: Open
) -> None:
    page = open_page(folder, stream=asked, kinds="nonsense,peak", sort="up")
    assert not page.exception
    notes = " ".join(element.value for element in page.info)
    assert "The stream in the address is not known here" in notes
    assert "“sort” in the address" in notes
    assert page.selectbox(key="review-stream").value == "alpha:20261122T120000"


def test_moments_are_filtered_by_kind_from_the_address(folder: Path, open_page: Open) -> None:
    page = open_page(folder, kinds="peak", sort="time")
    assert not page.exception
    assert "Burst of chat" in text_of(page)
    assert page.query_params["kinds"] in ("peak", ["peak"])
    assert page.query_params["sort"] in ("time", ["time"])


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "No stream has been seen yet"),
        ({"streams": [stream("alpha", NOON, NOON + timedelta(hours=1))]}, "Nothing was observed"),
        (session(NOON, [0] * 20), "Nobody spoke in this stream"),
        (session(NOON, [3]), "Nothing stood out"),
        (session(NOON, [10] * 40), "Nothing stood out"),
    ],
    ids=["no stream", "no window", "silent", "one window", "dull"],
)
def test_an_empty_state_is_a_sentence(
    tables: dict[str, list[Row]], said: str, tmp_path: Path, open_page: Open
) -> None:
    published.write(tmp_path, {"channels": [channel("alpha")], **tables})
    page = open_page(tmp_path)
    assert not page.exception
    assert not page.error
    assert said in text_of(page)


def test_a_stream_on_air_reaches_to_the_newest_window(tmp_path: Path, open_page: Open) -> None:
    live = session(NOON, [10] * 40, ended_at=None)
    published.write(tmp_path, {"channels": [channel("alpha")], **live})
    text = text_of(open_page(tmp_path))
    assert "on air" in text
    assert "20 min 40 windows observed" in text


def test_a_stream_without_a_date_says_so(tmp_path: Path, open_page: Open) -> None:
    undated = session(datetime(2000, 1, 1, tzinfo=UTC), [10] * 40, undated=True)
    published.write(tmp_path, {"channels": [channel("alpha")], **undated})
    page = open_page(tmp_path)
    assert "date unknown" in text_of(page)
    assert "times count from its start" in " ".join(c.value for c in page.caption)


def test_a_chat_that_cannot_be_read_has_no_moments(tmp_path: Path, open_page: Open) -> None:
    rows = session(NOON, [10] * 40)
    published.write(tmp_path, {"channels": [channel("alpha", readable=0.2)], **rows})
    assert "unsupported language: 20 % of its messages can be read" in text_of(open_page(tmp_path))


def test_an_imported_stream_beside_simulated_ones_is_not_called_made_up(
    tmp_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    report = session_report.report
    monkeypatch.setattr(session_report, "report", lambda *of: asked.append(of[2]) or report(*of))
    tables = merged(session(NOON, [10] * WINDOWS, source="import"))
    published.write(tmp_path, {**tables, "channels": [channel("alpha")]})
    assert "from an imported log" in text_of(open_page(tmp_path))
    assert asked == ["import"]


def test_a_stream_read_in_two_ways_is_reviewed_by_the_one_with_more_messages(
    tmp_path: Path, open_page: Open
) -> None:
    tables = session(NOON, [10] * 100)
    tables["windows"] = [
        {**w, "basis": "emotes", "mean_compound": -0.2, "n_laughs": 1} if k >= 40 else w
        for k, w in enumerate(tables["windows"])
    ]
    published.write(tmp_path, {"channels": [channel("alpha", readable=0.48)], **tables})
    page = open_page(tmp_path)
    said = text_of(page)
    assert "Mean mood by emotes ▼ −0.20" in said and "Laughter 10 %" in said
    assert "emotes in 40 % of messages; 400 messages read by words are left out" in said
    names = {t["name"] for t in json.loads(page.get("plotly_chart")[0].proto.spec)["data"]}
    assert {"Mood by emotes", "Mood by words"} <= names


def test_a_review_waits_while_the_language_is_read(tmp_path: Path, open_page: Open) -> None:
    rows = session(NOON, [3] * 5)
    published.write(tmp_path, {"channels": [channel("alpha", readable=None)], **rows})
    said = text_of(open_page(tmp_path))
    assert "still reading the language" in said and "Mean mood" not in said


def test_how_the_mood_went_is_a_list_of_its_own(tmp_path: Path, open_page: Open) -> None:
    tables = session(NOON, [10] * WINDOWS)
    for row in tables["windows"][50:]:
        row["mean_compound"] = -0.4
    published.write(tmp_path, {**tables, "channels": [channel("alpha")]})
    page = open_page(tmp_path)
    text = text_of(page)
    assert "Moments n = 0" in text
    assert "How the mood went n = 1" in text.split("Moments n = 0")[1]
    assert "Mood falls and stays" in text
