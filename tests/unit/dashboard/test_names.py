"""Channels on pages: found by login or key, called by the login of today, never one for another."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import data, sections
from tests.helpers.browser import published
from tests.helpers.browser.rows import channel, stream, window
from tests.helpers.pages import open_at, text_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, NEW, RENAMED = "alice", "alice~222", "bob"  # keys: alice's login is another's, bob's is bob2
MOODS = {OLD: -0.81, NEW: 0.62, RENAMED: 0.14}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, begun = tmp_path_factory.mktemp("names"), NOON - timedelta(minutes=20)
    on_air = {key: stream(key, begun, None) for key in MOODS}
    tables = {
        "channels": [
            channel(OLD, channel_id="111", login=None, display_name="Alice"),
            channel(NEW, channel_id="222", login="alice", display_name="Alice"),
            channel(RENAMED, channel_id="333", login="bob2", display_name="Bob"),
        ],
        "streams": list(on_air.values()),
        "windows": [
            window(key, begun + timedelta(seconds=30 * k), 10, mood, stream_id=s["stream_id"])
            for key, mood in MOODS.items()
            for s in [on_air[key]]
            for k in range(40)
        ],
    }
    published.write(root, tables)
    return root


def opened(patch: pytest.MonkeyPatch, folder: Path, page: str, **address: str) -> AppTest:
    found = open_at(patch, NOON + timedelta(seconds=10), page, folder, address)
    assert not found.exception
    return found


NAMES = [
    ("alice", NEW, "alice"), (NEW, NEW, "alice"), ("alice~111", OLD, "alice~111"),
    ("bob", RENAMED, "bob2"), ("bob2", RENAMED, "bob2"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "key", "called"), NAMES)
def test_explore_takes_any_name_and_shows_nothing_of_another(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, key: str, called: str
) -> None:
    page = opened(monkeypatch, folder, "explore", channels=name)
    assert page.multiselect(key="channels").value == [key]
    assert page.query_params["channels"] == called
    shown = {of for of, mood in MOODS.items() if f"{abs(mood):.2f}" in text_of(page)}
    assert shown == {key}


@pytest.mark.parametrize(("key", "called"), [(k, c) for _, k, c in NAMES[1:4]])
def test_a_stream_is_reviewed_under_the_login_of_today(
    monkeypatch: pytest.MonkeyPatch, folder: Path, key: str, called: str
) -> None:
    page = opened(
        monkeypatch,
        folder,
        "review",
        stream=stream(key, NOON - timedelta(minutes=20), None)["stream_id"],
    )
    box = page.selectbox(key="review-channel")
    assert box.value == key
    assert box.options == ["Alice (alice~111)", "Alice (alice)", "Bob (bob2)"]
    assert {k for k, m in MOODS.items() if f"{abs(m):.2f}" in text_of(page)} == {key}


def test_live_tells_two_of_one_name_apart(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    text = text_of(opened(monkeypatch, folder, "live"))
    for beginning in ("Alice alice~111", "Alice ● live", "Bob bob2"):
        assert beginning in text
    after = text.split("Alice alice~111")[1]
    assert after.index("0.81") < after.index("0.62")


def test_a_csv_has_key_and_login(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("DLD_DATA", str(folder))
    rows = [{"n": 1, "channel": key} for key in MOODS]
    assert sections._table(rows, "").to_pylist() == [
        {"n": 1, "channel": key, "login": data.called(key)} for key in MOODS
    ]
    assert [data.called(key) for key in MOODS] == ["alice~111", "alice", "bob2"]
