"""What scripts are answered: pages without a gap, JSON and CSV alike, nothing that is secret."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboard.review.finding import find_in, span_of
from tests.helpers.browser import published
from tests.helpers.browser.rows import HOSTILE_LINE, channel, stream, term, window
from tests.helpers.scripts import ROUTES, Script, client, pages
from warehouse.config import DataFolder
from warehouse.published.reader import Reader

NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
BUSY = "demo_busy:20260131T150000"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return published.demo(tmp_path_factory.mktemp("api"), NOW)


@pytest.fixture(scope="module")
def asked(demo: DataFolder) -> Script:
    return client(demo)


@pytest.fixture
def known(tmp_path: Path) -> Script:
    """One channel, three windows: chat, silence, nobody looking; terms that are formulas."""
    at = [START + timedelta(seconds=30 * k) for k in range(3)]
    return client(published.write(tmp_path, {
        "channels": [
            channel("one", channel_id="91234567890", login="now_two", display_name=""),
        ],
        "streams": [stream("one", START, None, undated=True)],
        "windows": [
            window("one", at[0], 10, 0.25), window("one", at[1], 0, None),
            window("one", at[2], 0, None, observed_s=0.0),
        ],
        "window_terms": [
            term("one", at[0], "=1+1", 3, 0.1), term("one", at[0], "-_-", 2, -0.1),
            term("one", at[0], "lol", 2, 0.2, "word"), term("one", at[0], "*", 9, 0.05, "rest"),
        ],
    }))  # fmt: skip


EVERY = [
    ("/v1/channels", {}, 2), ("/v1/streams", {}, 3), ("/v1/terms", {"channel": "demo_busy"}, 2),
    ("/v1/windows", {"channel": "demo_busy"}, 400), ("/v1/streams", {"channel": "demo_busy"}, 1),
]  # fmt: skip


@pytest.mark.parametrize(("path", "given", "limit"), EVERY)
def test_pages_hold_every_row_once(
    asked: Script, path: str, given: dict[str, Any], limit: int
) -> None:
    (whole,) = pages(asked, path, **given, limit=5000)
    parts = pages(asked, path, **given, limit=limit)
    assert len(parts) > 1 and {len(part) for part in parts[:-1]} == {limit}
    assert [row for part in parts for row in part] == whole


@pytest.mark.parametrize(
    ("path", "given"),
    [(path, given) for path, given, _ in EVERY] + [("/v1/moments", {"stream": BUSY})],
)
def test_csv_has_the_rows_of_json(asked: Script, path: str, given: dict[str, Any]) -> None:
    rows = asked.get(path, params=given).json()["items"]
    answer = asked.get(path, params={**given, "format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    told = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(told) == len(rows) > 0
    for cells, row in zip(told, rows, strict=True):
        assert list(cells) == list(row)
        assert {name: _read(cells[name], value) for name, value in row.items()} == row


def _read(cell: str, like: object) -> object:
    """The cell as a value of that kind."""
    return None if cell == "" else cell if isinstance(like, str) else json.loads(cell)


def test_a_csv_page_names_the_next_one_in_a_link(asked: Script) -> None:
    seen: list[str] = []
    address: str | None = "/v1/windows?channel=demo_busy&format=csv&limit=300"
    while address:
        answer = asked.get(address)
        seen += [row["start"] for row in csv.DictReader(io.StringIO(answer.text))]
        address = answer.links.get("next", {}).get("url")
        address = f"/v1/windows{address}" if address else None
    (whole,) = pages(asked, "/v1/windows", channel="demo_busy", limit=5000)
    assert seen == [row["start"] for row in whole]


def test_missing_is_null_and_empty_and_never_zero(known: Script) -> None:
    chat, silence, unseen = known.get("/v1/windows?channel=one").json()["items"]
    assert (chat["n_messages"], chat["mean_compound"], chat["start"]) == (
        10, 0.25, "2026-01-31T12:00:00Z",
    )  # fmt: skip
    assert (silence["n_messages"], silence["mean_compound"], silence["observed_s"]) == (0, None, 30)
    assert (unseen["n_messages"], unseen["mean_compound"], unseen["observed_s"]) == (0, None, 0)
    lines = known.get("/v1/windows?channel=one&format=csv").text.split("\r\n")
    place = lines[0].split(",").index("mean_compound")
    assert [line.split(",")[place] for line in lines[1:4]] == ["0.25", "", ""]


def test_a_made_up_id_is_none_and_an_undated_stream_dates_no_channel(known: Script) -> None:
    (row,) = known.get("/v1/channels").json()["items"]
    assert (row["channel"], row["login"], row["channel_id"]) == ("one", "now_two", None)
    assert row["display_name"] is None
    assert (row["streams"], row["first_at"], row["newest_at"]) == (1, None, None)


@pytest.mark.parametrize("name", ["one", "now_two", "Now_Two", " ONE "])
def test_a_channel_is_named_by_its_key_or_its_login_of_today(known: Script, name: str) -> None:
    assert len(known.get("/v1/windows", params={"channel": name}).json()["items"]) == 3


def test_terms_are_those_most_used_first_without_the_rest(known: Script) -> None:
    rows = known.get("/v1/terms?channel=one").json()["items"]
    assert [(r["term"], r["n"], r["windows"]) for r in rows] == [
        ("=1+1", 3, 1), ("-_-", 2, 1), ("lol", 2, 1),
    ]  # fmt: skip
    assert [round(r["contribution"], 9) for r in rows] == [0.1, -0.1, 0.2]
    rows = known.get("/v1/terms?channel=one&kind=word").json()["items"]
    assert [r["term"] for r in rows] == ["lol"]


def test_no_cell_is_a_formula_of_a_spreadsheet(known: Script) -> None:
    text = known.get("/v1/terms?channel=one&format=csv").text
    assert [line.split(",")[1] for line in text.split("\r\n")[1:4]] == ["'=1+1", "'-_-", "lol"]


@pytest.mark.parametrize(
    ("since", "until", "starts"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z", [0]),  # a second
        ("2026-01-31T12:00:01Z", "2026-01-31T12:00:30Z", []),
        ("2026-01-31T14:00:00+02:00", "2026-01-31T12:01:00", [0, 30]),  # without a zone: UTC
        ("1926-01-01", "2026-02-01", [0, 30, 60]),  # a hundred years
        ("0001-01-01", "9999-12-31T23:59:59Z", [0, 30, 60]),
        ("2126-01-01", "2127-01-01", []),  # the future
        ("0001-01-01T00:00:00+14:00", "2027-01-01", None),  # before there is any time
        ("2026-02-01", "2026-01-01", None), ("1", "2", None), ("yesterday", "2027-01-01", None),
        ("2026-01-31T12:00:00 00:00", "2027-01-01", None),  # a + that was not escaped
    ],
)  # fmt: skip
def test_a_span_is_from_its_first_moment_to_the_one_before_its_last(
    known: Script, since: str, until: str, starts: list[int] | None
) -> None:
    answer = known.get("/v1/windows", params={"channel": "one", "from": since, "to": until})
    if starts is None:
        assert answer.status_code == 422
        assert answer.json()["error"] == "BadInput"
    else:
        told = [datetime.fromisoformat(row["start"]) - START for row in answer.json()["items"]]
        assert [int(each.total_seconds()) for each in told] == starts


def test_moments_are_those_of_the_review_page(asked: Script, demo: DataFolder) -> None:
    reader = Reader(demo)
    (row,) = reader.query("dash_stream", stream=BUSY).to_pylist()
    since, until = span_of(row, NOW)
    found = find_in(reader.query, row, since, until).moments
    told = asked.get("/v1/moments", params={"stream": BUSY}).json()["items"]
    assert [(m["rank"], m["kind"], m["at_s"]) for m in told] == [
        (rank, one.moment.kind, one.at_s) for rank, one in enumerate(found, 1)
    ]
    first = datetime.fromisoformat(told[0]["start"])
    assert first == since + timedelta(seconds=told[0]["at_s"])


def test_no_answer_has_a_line_that_was_said(asked: Script) -> None:
    assert "evil.example" in HOSTILE_LINE
    given = {"channel": "demo_busy", "limit": 5000}
    for path, own in zip(ROUTES, ({}, {}, given, {"stream": BUSY}, given), strict=True):
        answer = asked.get(path, params=own)
        assert answer.json()["items"] and "evil.example" not in answer.text


def test_where_nothing_is_published_the_answer_names_no_folder(tmp_path: Path) -> None:
    answer = client(DataFolder(tmp_path)).get("/v1/channels")
    assert answer.status_code == 503 and str(tmp_path) not in answer.text
    assert answer.json() == {
        "error": "NothingPublished",
        "detail": "the published data cannot be read just now: is the pipeline running?",
    }
    assert answer.headers["retry-after"] == "10"
