"""Decisions on moments are of whoever reviews a stream: no page draws them as events of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.helpers.browser import published
from tests.helpers.browser.rows import channel, stream, window
from tests.helpers.pages import html_of, open_at
from warehouse.moments.decisions import HIDDEN

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
END = NOON + timedelta(minutes=50)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stream on air with a raid and, after it, a decision of each kind."""
    root = tmp_path_factory.mktemp("hidden")
    own = {"stream_id": stream("alpha", NOON, None)["stream_id"]}
    at = NOON + timedelta(minutes=20)
    published.write(root, {
        "channels": [channel("alpha")],
        "streams": [stream("alpha", NOON, None)],
        "windows": [window("alpha", NOON + k * timedelta(seconds=30), 10, 0.1, **own)
                    for k in range(100)],
        "events": [
            {"event_id": kind, "channel": "alpha", "at": at + k * timedelta(minutes=1),
             "kind": kind, "detail": "beta"}
            for k, kind in enumerate(("raid", *HIDDEN))
        ],
    })  # fmt: skip
    return root


@pytest.mark.parametrize("name", ["live", "explore", "review"])
def test_a_page_draws_the_raid_and_no_decision(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_at(monkeypatch, END, name, folder, {})
    drawn = html_of(page) + "".join(chart.proto.spec for chart in page.get("plotly_chart"))
    assert "Raid" in drawn
    assert not [
        kind for kind in ("kept", "dropped", "cleared", "added") if f"Moment {kind}" in drawn
    ]
