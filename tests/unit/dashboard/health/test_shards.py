"""The table of shards on the Data health page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.health import shards
from tests.helpers.browser import two_shards
from tests.unit.dashboard.test_pages import NOON, Open, html_of, open_page
from warehouse.records import iso

__all__ = ["open_page"]


@pytest.fixture
def now() -> datetime:
    """The wall clock: of a daemon's own figures, which no test page stops."""
    return datetime.now(UTC)


def test_each_shard_has_a_line_and_the_mirror_a_sentence(tmp_path: Path, open_page: Open) -> None:
    now, silent = NOON - timedelta(minutes=1), NOON - timedelta(minutes=20)
    folder = two_shards.write(
        tmp_path,
        [
            {"health": two_shards.told(now, {"1": 2}, requests=2)},
            {"health": two_shards.told(silent, queue=700)},
        ],
    )
    two_shards.mirror(folder, NOON)
    page = open_page("health", folder.root)
    found = next(d.value for d in page.dataframe if "Oldest in its queue" in d.value)
    assert list(found["Shard"]) == ["0", "1"]
    assert found["State"][0] == "● well" and found["State"][1].startswith("✕ silent since")
    assert list(found["Requests"]) == ["2, waiting for shard 1", "0"]
    assert found["Oldest in its queue"][0] == "34 s (n = 35)"
    assert "The mirror is up to date as of" in html_of(page)


def test_one_machine_has_no_table_of_shards(tmp_path: Path, open_page: Open, now: datetime) -> None:
    folder = two_shards.published.write(tmp_path, {"health": two_shards.told(now)}, "live")
    page = open_page("health", folder.root)
    assert not [d for d in page.dataframe if "Oldest in its queue" in d.value]


def test_the_worst_of_a_shard_is_told_first(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards.frame, "wall", lambda: now)
    rows = {row["name"]: row for row in two_shards.told(now)}
    assert shards.state(rows, {}, now, UTC) == "● well"
    late = {row["name"]: row for row in two_shards.told(now, queue=61)}
    assert shards.state(late, {}, now, UTC) == "◐ behind"
    assert shards.state(late, {"trouble": "gone <b>"}, now, UTC) == "✕ gone <b>"
    reading = {**late, "reading": {"name": "reading", "value": 1.0, "detail": "[]"}}
    assert shards.state(reading, {}, now, UTC) == "✕ does not read all of its channels"
    assert shards.state({}, {}, None, UTC) == "✕ has told nothing yet"


def test_a_mirror_that_is_down_or_unreadable_says_so(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards.frame, "wall", lambda: now)
    told = {"at": iso(now - timedelta(hours=2)), "behind_s": 5, "waiting": 3}
    assert "for 2 h" in shards.mirror_line(told, UTC)
    assert "no access" in shards.mirror_line({**told, "trouble": "no access"}, UTC)
    for odd in ({}, {"at": 7}, {**told, "behind_s": None}, {**told, "waiting": "x"}):
        assert shards.mirror_line(odd, UTC) == "✕ What the mirror tells cannot be read."
