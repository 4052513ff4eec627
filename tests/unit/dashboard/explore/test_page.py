"""Explore and Forecast accuracy by section, run by Streamlit's own AppTest."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import sections
from tests.helpers.browser import published
from tests.helpers.browser.rows import (
    HOSTILE_LINE,
    HOSTILE_TERM,
    WINDOW,
    channel,
    forecast,
    models,
    score,
    stream,
    term,
    window,
)
from tests.helpers.pages import html_of, open_at, sql_of, text_of
from warehouse.analysis.question import answer
from warehouse.config import DataFolder
from warehouse.spreadsheet import csv_bytes

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXPLORE = ("why", "terms", "spread", "week", "activity", "titles", "events", "streams")
ACCURACY = ("skill", "bands", "time", "channels", "one", "models")
SECTIONS = [*(("explore", s) for s in EXPLORE), *(("accuracy", s) for s in ACCURACY)]
BAD = "<script>'\"; DROP TABLE \x00" + "9" * 3000
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run a page on a data folder, at ten seconds past noon, with an address."""

    def opened(name: str, data: Path, **address: str) -> AppTest:
        return open_at(monkeypatch, NOON + timedelta(seconds=10), name, data, address)

    return opened


@pytest.fixture(scope="module")
def two_hours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours of one channel in a stream, whose category changes after the first."""
    root = tmp_path_factory.mktemp("two")
    begun = NOON - timedelta(hours=2)
    on_air = stream("alpha", begun, None, title=HOSTILE_LINE, category="Chess")
    tables: dict[str, list[object]] = {"windows": [], "window_terms": [], "forecasts": []}
    for k in range(240):
        at = begun + timedelta(seconds=30 * k)
        late = k >= 120
        mean = 0.3 if late else -0.1
        tables["windows"].append(
            window("alpha", at, 10 + k % 3, mean, stream_id=on_air["stream_id"])
        )
        tables["window_terms"].append(term("alpha", at, HOSTILE_TERM, 5 if late else 1, 0.01))
        tables["window_terms"].append(term("alpha", at, "LUL", 2, 0.02))
        tables["forecasts"].append(forecast("alpha", at, "lstm-1", mean))
    tables["forecast_scores"] = [
        score("alpha", date(2026, 11, 22), model, step, error)
        for step in range(1, 11)
        for model, error in (("lstm-1", 18.6), ("session_mean", 21.0))
    ]
    event = {"channel": "alpha", "at": begun + timedelta(hours=1), "kind": "category"}
    published.write(
        root,
        {
            **tables,  # type: ignore[dict-item]
            "channels": [channel("alpha")],
            "streams": [on_air],
            "events": [{**event, "event_id": "1", "detail": "=Go"}],
            "models": models(),
        },
    )
    return root


@pytest.mark.parametrize(("name", "section"), SECTIONS)
def test_every_section_draws_and_is_told_by_the_address(
    name: str, section: str, two_hours: Path, open_page: Open
) -> None:
    page = open_page(name, two_hours, show=section)
    assert not page.exception and not page.error
    assert page.query_params["show"] in (section, [section])
    assert not page.info
    assert "<img" not in html_of(page) and "<script" not in html_of(page)


@pytest.mark.parametrize(("name", "section"), SECTIONS)
def test_the_sql_behind_a_section_is_answered_as_it_stands(
    name: str, section: str, two_hours: Path, open_page: Open
) -> None:
    """The models are a table that is shown whole; all else comes from queries."""
    shown = sql_of(open_page(name, two_hours, show=section))
    assert shown or section == "models"
    for text in shown:
        with answer(DataFolder(two_hours), text) as rows:
            assert rows.read_all().column_names


@pytest.fixture(scope="module")
def one_window(tmp_path_factory: pytest.TempPathFactory) -> Path:
    start = NOON - timedelta(seconds=30)
    rows = {"channels": [channel("alpha")], "streams": [stream("alpha", start, None)],
            "windows": [window("alpha", start, 1, 0.2)]}  # fmt: skip
    return published.write(tmp_path_factory.mktemp("one"), rows).root


@pytest.mark.parametrize(("name", "section"), SECTIONS)
def test_one_window_and_nothing_else_is_enough_for_every_section(
    name: str, section: str, one_window: Path, open_page: Open
) -> None:
    page = open_page(name, one_window, show=section)
    assert not page.exception and not page.error


def test_without_lines_terms_stand_alone(one_window: Path, open_page: Open) -> None:
    page = open_page("explore", one_window, show="why", span="all")
    assert "No lines of chat are kept of this span any more." in [c.value for c in page.caption]
    assert "Telling lines" not in html_of(page)


@pytest.mark.parametrize(
    ("name", "section"),
    [("explore", s) for s in ("terms", "week", "titles", "events", "streams")]
    + [("accuracy", s) for s in ("skill", "time", "one")],
)
def test_a_hostile_address_of_a_section_is_a_note(
    name: str, section: str, two_hours: Path, open_page: Open
) -> None:
    own = (
        "of",
        "measure",
        "against",
        "by",
        "around",
        "streams",
        "metric",
        "at",
        "model",
        "step",
        "from",
    )
    page = open_page(name, two_hours, show=section, channels=BAD, **dict.fromkeys(own, BAD))
    assert not page.exception and not page.error
    assert "in the address" in " ".join(note.value for note in page.info)


def test_a_year_and_a_minute_are_drawn(two_hours: Path, open_page: Open) -> None:
    for since, points in (
        (NOON - timedelta(days=365), "a point a stream"),
        (NOON - timedelta(minutes=1), "points of 30 s"),
    ):
        ends = {"from": since.isoformat(), "to": NOON.isoformat()}
        for section in ("why", "spread", "week", "titles"):
            page = open_page("explore", two_hours, span="dates", show=section, **ends)
            assert not page.exception and not page.error
            assert points in text_of(page)


def test_a_term_that_rose_is_told_against_the_hour_before(two_hours: Path, open_page: Open) -> None:
    ends = {"from": "2026-11-22T11:00:00Z", "to": "2026-11-22T12:00:00Z"}
    page = open_page("explore", two_hours, span="dates", show="terms", **ends)
    text = text_of(page)
    assert "n = 1,320 messages, against 1,320 in 22 Nov 2026, 10:00 to 11:00" in text
    assert "Of 2 terms with 10 uses or more" in " ".join(c.value for c in page.caption)
    first = open_page("explore", two_hours, span="dates", show="terms",
                      **{"from": "2026-11-22T10:00:00Z", "to": "2026-11-22T11:00:00Z"})  # fmt: skip
    assert "nobody spoke in the 1 h before this span" in text_of(first)
    first.button(key="second-half").click().run()
    assert first.query_params["from"] in ("2026-11-22T10:30:00Z", ["2026-11-22T10:30:00Z"])


def test_a_change_of_category_is_told_with_the_mood_before_and_after(
    two_hours: Path, open_page: Open
) -> None:
    page = open_page("explore", two_hours, show="titles", span="3h")
    (table,) = [d.value for d in page.dataframe]
    assert table["Now"].tolist() == ["=Go"]
    assert table["Before"].tolist() == ["▼ −0.10 (n = 330)"]
    assert table["After"].tolist() == ["▲ +0.30 (n = 330)"]
    assert "n = 2,640 messages in 2 stretches of streams" in text_of(page)


@pytest.fixture(scope="module")
def raided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six streams of two hours, a raid in the middle of each: chat doubles for two minutes."""
    streams = [stream("alpha", NOON - timedelta(hours=4 * k), NOON - timedelta(hours=4 * k - 2))
               for k in range(1, 7)]  # fmt: skip
    events, windows = [], []
    for k, on_air in enumerate(streams):
        raid = on_air["started_at"] + timedelta(hours=1)
        events.append({"channel": "alpha", "at": raid, "kind": "raid", "event_id": str(k)})
        for j in range(240):
            at = on_air["started_at"] + j * WINDOW
            n = 20 if raid <= at < raid + 4 * WINDOW else 9 + j % 3
            windows.append(window("alpha", at, n, 0.1, stream_id=on_air["stream_id"]))
    rows = {"channels": [channel("alpha")], "streams": streams, "events": events,
            "windows": windows}  # fmt: skip
    return published.write(tmp_path_factory.mktemp("raided"), rows).root


def test_around_events_begins_with_a_sentence_and_counts_what_it_is_of(
    raided: Path, open_page: Open
) -> None:
    page = open_page("explore", raided, span="all", show="events")
    assert not page.exception and not page.error
    assert page.query_params["around"] in ("raid", ["raid"])
    text = text_of(page)
    assert "After 6 raids chat was 2.0 times as busy for 2 minutes; the mood did not" in text
    assert "n = 6" in text
    assert "-- dash_event_windows" in " ".join(sql_of(page))


def test_too_few_events_are_said(two_hours: Path, open_page: Open) -> None:
    few = text_of(open_page("explore", two_hours, show="events", around="category"))
    assert "1 of 1 change of category can be compared, 5 are needed" in few


def test_a_span_without_events_says_so(one_window: Path, open_page: Open) -> None:
    text = text_of(open_page("explore", one_window, show="events"))
    assert "No raid, sub, gift or other event is known in this span." in text


def test_the_sql_behind_a_section_is_what_was_asked(two_hours: Path, open_page: Open) -> None:
    page = open_page("explore", two_hours, show="week", span="3h")
    assert not page.code, "it is made when it is opened"
    asked = sql_of(page)
    assert [text.splitlines()[0] for text in asked] == [
        "-- dash_summary", "-- dash_series", "-- dash_events", "-- dash_week",
    ]  # fmt: skip
    assert "(SELECT unnest(['alpha']::VARCHAR[]))" in asked[0]
    assert "start < TIMESTAMP '2026-11-22 12:00:00'" in asked[0]


def test_buttons_move_the_span_and_back_takes_them_back(two_hours: Path, open_page: Open) -> None:
    page = open_page("explore", two_hours, span="3h")
    assert page.button(key="zoom-back").disabled
    page.button(key="zoom-wider").click().run()
    assert page.query_params["span"] in ("dates", ["dates"])
    assert page.query_params["from"] in ("2026-11-22T09:00:00Z", ["2026-11-22T09:00:00Z"])
    page.button(key="zoom-back").click().run()
    assert page.query_params["span"] in ("3h", ["3h"])
    assert "from" not in page.query_params


def test_a_stream_or_channel_that_vanished_is_left_out(two_hours: Path, open_page: Open) -> None:
    page = open_page("explore", two_hours, show="streams", channels="alpha,gone",
                     streams="gone:20260101T000000")  # fmt: skip
    assert not page.exception
    assert page.multiselect(key="streams").value == ["alpha:20261122T100000"]
    assert page.multiselect(key="channels").value == ["alpha"]
    page.multiselect(key="streams").set_value([]).run()
    assert "Choose up to six streams above" in text_of(page)


def test_calibration_of_a_model_that_never_served_says_why(
    two_hours: Path, open_page: Open
) -> None:
    page = open_page("accuracy", two_hours, show="bands", model="session_mean")
    assert "Only forecasts of the model that served are kept one by one" in text_of(page)
    served = open_page("accuracy", two_hours, show="bands", model="lstm-1")
    assert "step 1, n = 240 windows" in text_of(served)


def test_a_table_taken_away_runs_nothing_in_a_spreadsheet() -> None:
    cells = csv_bytes(sections._table([{"title": "=1+1", "mean": -0.1}], "")).decode()
    assert cells.splitlines() == ["title,mean", "'=1+1,-0.1"]


@pytest.mark.parametrize("section", EXPLORE)
def test_every_table_with_a_mood_says_what_it_was_read_from(
    section: str, two_hours: Path, raided: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: dict[str, list[str]] = {}

    def button(label: str, made: Callable[[], bytes], name: str, *_: object, **__: object) -> None:
        taken[name.split("-")[1]] = made().decode("utf-8-sig").splitlines()

    monkeypatch.setattr(sections.st, "download_button", button)
    whole = {"span": "dates", "from": "2026-11-22T11:00:00Z", "to": "2026-11-22T12:00:00Z"}
    folder, span = (raided, {"span": "all"}) if section == "events" else (two_hours, whole)
    assert not open_page("explore", folder, show=section, **span).exception
    counts = taken.pop("spread_messages", None)
    assert len(taken) >= 2 and (counts is None or "basis" not in counts[0])
    for lines in taken.values():
        header, row = lines[0].split(","), lines[1].split(",")
        assert row[header.index("basis")] == "words"


def test_a_metric_is_drawn_over_time_where_there_is_one(two_hours: Path, open_page: Open) -> None:
    for metric in ("skill", "coverage80"):
        page = open_page("accuracy", two_hours, show="time", metric=metric)
        assert not page.exception
        assert "n = 100 windows, 1 point " in text_of(page)
    page = open_page("accuracy", two_hours, show="time", metric="volume_error")
    assert "No score of this period has this figure" in text_of(page)


def test_any_forecast_that_is_kept_can_be_replayed(two_hours: Path, open_page: Open) -> None:
    page = open_page("accuracy", two_hours, show="one", at="2026-11-22T10:30:00Z")
    assert page.date_input(key="day").value == date(2026, 11, 22)
    assert page.query_params["at"] in ("2026-11-22T10:30:00Z", ["2026-11-22T10:30:00Z"])
    assert "Of 10 windows that followed, 10 lay inside the 80 % band" in text_of(page)
    page.date_input(key="day").set_value(date(2026, 11, 20)).run()
    assert not page.exception
    assert "No forecast of this channel is kept for this day" in text_of(page)
    page.button(key="nearest-after").click().run()
    assert page.date_input(key="day").value == date(2026, 11, 22)


def test_a_span_read_in_two_ways_has_two_series_and_one_average(
    tmp_path: Path, open_page: Open
) -> None:
    begun = NOON - timedelta(hours=1)
    on_air = stream("alpha", begun, None)
    rows = [
        window("alpha", begun + k * WINDOW, 10, 0.3 if k < 80 else -0.2, share_scored=0.4,
               basis="words" if k < 80 else "emotes")
        for k in range(120)
    ]  # fmt: skip
    tables = {"windows": rows, "streams": [on_air], "channels": [channel("alpha", readable=0.52)]}
    published.write(tmp_path, tables)
    said = text_of(page := open_page("explore", tmp_path, channels="alpha", span="24h"))
    assert "Mean mood ▲ +0.30 positive, n = 800" in said
    assert "400 messages read by emotes are left out" in " ".join(c.value for c in page.caption)
    names = {t["name"] for t in json.loads(page.get("plotly_chart")[0].proto.spec)["data"]}
    assert {"alpha, by words", "alpha, by emotes"} <= names
    by = {"channels": "alpha", "span": "24h", "basis": "emotes"}
    assert "Mean mood by emotes ▼ −0.20" in text_of(open_page("explore", tmp_path, **by))
    tables["channels"] = [channel("alpha", readable=0.1)]
    published.write(tmp_path / "unread", tables)
    said = text_of(open_page("explore", tmp_path / "unread", channels="alpha", span="24h"))
    assert "Mean mood by emotes ▼ −0.20" in said
    assert "800 messages read by words are left out, of which no mood can be told" in said
    tables |= {"channels": [channel("alpha", readable=None)], "windows": rows[:5]}
    published.write(tmp_path / "new", tables)
    said = text_of(open_page("explore", tmp_path / "new", channels="alpha", span="24h"))
    assert "still reading the language" in said and "Mean mood" not in said


def test_forecasts_of_the_two_moods_have_records_of_their_own(
    tmp_path: Path, open_page: Open
) -> None:
    day = NOON.date()
    scores = [
        score("alpha", day, model, 1, error, basis=basis, targets=n)
        for basis, n, error in (("words", 600, 40.0), ("emotes", 700, 90.0))
        for model in ("lstm-1", "session_mean")
    ]
    rows = [
        window("alpha", NOON - k * WINDOW, 10, 0.1, basis=basis)
        for k, basis in enumerate(["words", "emotes"] * 20, 1)
    ]
    tables = {"windows": rows, "forecast_scores": scores, "channels": [channel("alpha")]}
    published.write(tmp_path, tables)
    assert "n = 600" in text_of(open_page("accuracy", tmp_path))
    by_emotes = text_of(open_page("accuracy", tmp_path, basis="emotes"))
    assert "n = 700" in by_emotes and "of moods by emotes" in by_emotes
