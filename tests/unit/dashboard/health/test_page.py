"""The Data health page on a few rows known exactly, and in every state of having none."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from dashboard import wording
from dashboard.health import alerts, coverage, keeping
from tests.helpers.browser import published
from tests.helpers.browser.rows import HOSTILE_TERM, channel, stream, window
from tests.unit.dashboard.test_pages import NOON, Open, html_of, notes_of, open_page, text_of

__all__ = ["open_page"]
MINUTE = timedelta(minutes=1)
NUMBERS = {
    "mood_drop": {"mood": -0.31, "usual": 0.12, "z": -5.2, "n": 84, "seconds": 180},
    "silence": {"n": 0, "seconds": 150, "usual": 24.4, "p": 1e-9},
    "activity": {"n": 120, "seconds": 60, "usual": 20.1, "times": 6.0},
    "new_term": {"term": HOSTILE_TERM, "n": 40, "n_chatters": 12, "n_scored": 22, "n_channels": 1,
                 "valence": 1.8, "valence_low": -0.3, "valence_high": 3.9},
}  # fmt: skip


OFFLINE = {"ann clip": "the channel is offline (404)"}
STORED = {
    "tables": {"windows": [10, 4_000_000], "trials": [0, 9]},
    "warehouse": 1_000_000,
    "buffer": 300_000,
}


def alert(kind: str, name: str | None = "alpha", **more: Any) -> dict[str, Any]:
    detail = orjson.dumps({**NUMBERS[kind], "source": "live"}).decode()
    return {"alert_id": f"{kind}{name}", "channel": name, "at": NOON - 3 * MINUTE, "kind": kind,
            "detail": detail, **more}  # fmt: skip


def health(**values: float) -> list[dict[str, Any]]:
    at = NOON - 10 * MINUTE
    told = {"told_at": (NOON - MINUTE).timestamp(), **values}
    return [{"name": k, "at": at, "value": float(v)} for k, v in told.items()]


def detailed(name: str, value: float, parts: object) -> dict[str, Any]:
    detail = parts if isinstance(parts, str) else orjson.dumps(parts).decode()
    return {"name": name, "at": NOON - 10 * MINUTE, "value": value, "detail": detail}


def tables() -> dict[str, list[Any]]:
    """Two channels: one on air with a gap of a minute, one that never was."""
    named = stream("alpha", NOON - 5 * MINUTE, None)
    more: dict[str, Any] = {"stream_id": named["stream_id"], "n_filtered": 1, "n_late": 2}
    seen = [30.0, 30.0, 12.0, 0.0, 0.0, 30.0, 30.0, 30.0, 29.5, 30.0]
    return {
        "channels": [channel("alpha"), channel("beta", language="es", readable=None)],
        "streams": [named],
        "windows": [
            window("alpha", NOON - (10 - k) * timedelta(seconds=30), 20 if s > 20 else 0,
                   0.1 if s > 20 else None, observed_s=s, **more)
            for k, s in enumerate(seen)
        ],
        "events": [
            {"event_id": str(k), "channel": "alpha", "at": NOON - k * MINUTE,
             "kind": "connection_lost", "detail": None} for k in (1, 4)
        ],
        "alerts": [alert("mood_drop"), alert("silence", "beta"), alert("new_term", None)],
        "health": [
            *health(lag_s=0.4, messages=140, filtered=10, late=20, dropped=3, retention_h=24),
            detailed("storage", 5_300_000, STORED),
            detailed("text", 300_000, {"buffer": 300_000, "samples": 0}),
            detailed("versions", 5, {"DLD": "0.1.0", "DuckDB": "2.0.0", "model": ""}),
            detailed("webhook", 4, {"sent": 4, "failed": 2, "dropped": 1, "waiting": 0}),
            detailed("twitch", 3, {"markers": 3, "clips": 0, "failed": 1, "troubles": OFFLINE}),
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.write(tmp_path_factory.mktemp("health"), tables(), "live").root


def table(page: Any, column: str) -> Any:
    return next(d.value for d in page.dataframe if column in d.value)


def test_the_figures_are_those_of_the_windows(folder: Path, open_page: Open) -> None:
    text = text_of(open_page("health", folder))
    assert "Lag 0.4 s told 70 s ago" in text
    assert "Messages 140 that count" in text
    assert "Observed 73.8 % n = 10 windows on air" in text
    assert "Filtered 6.7 % 10 of 150" in text
    assert "Late 14.29 % 20 of 140" in text
    assert "Connection lost 2 times" in text


def test_alerts_are_told_in_words_with_their_n(folder: Path, open_page: Open) -> None:
    page = open_page("health", folder)
    found = table(page, "What was seen")
    told = dict(zip(found["Alert"], found["What was seen"], strict=True))
    assert told == {
        "▼ Mood drop": "−0.31 over 3 min, n = 84; usual +0.12; 5.2 standard errors off",
        "○ Silence": "no message for 2.5 min, n = 0; about 24 are common in as long",
        "✚ New term": f"{HOSTILE_TERM}: 40 uses by 12 people; valence about +1.8 "
        "(80 %: −0.3 to +3.9, n = 22)",
    }
    links = dict(zip(found["Alert"], found["More"], strict=True))
    assert links["▼ Mood drop"] == (
        "explore?channels=alpha&span=dates&from=2026-11-22T11%3A27%3A00Z&to=2026-11-22T12%3A27%3A00Z"
    )
    assert links["✚ New term"].startswith("vocabulary?q=%3Cimg+src%3Dx")
    assert "<img" not in html_of(page)
    assert "n = 3 alerts" in page.caption[0].value


def test_alerts_are_filtered_by_kind_and_channel_from_the_address(
    folder: Path, open_page: Open
) -> None:
    page = open_page("health", folder, kinds="silence,mood_drop")
    assert sorted(table(page, "What was seen")["Alert"]) == ["▼ Mood drop", "○ Silence"]
    page = open_page("health", folder, channels="beta")
    assert sorted(table(page, "What was seen")["Alert"]) == ["○ Silence", "✚ New term"]
    page = open_page("health", folder, kinds="activity")
    assert "No alert of these kinds in this period." in text_of(page)
    assert "in the address" in notes_of(open_page("health", folder, kinds="nonsense"))


def test_when_the_pipeline_began_comes_with_its_zone() -> None:
    began = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert keeping._since(began, UTC) == "22 Nov 2026, 12:00, UTC"


def test_kinds_picked_on_session_review_are_not_those_of_alerts(
    folder: Path, open_page: Open
) -> None:
    """Streamlit carries what was set under a key from page to page, and both have silence."""
    page = open_page("health", folder)
    page.session_state["kinds"] = ["silence"]
    page.run()
    assert sorted(table(page, "What was seen")["Alert"]) == [
        "▼ Mood drop", "○ Silence", "✚ New term",
    ]  # fmt: skip


def test_the_view_is_written_to_the_address(folder: Path, open_page: Open) -> None:
    page = open_page("health", folder, channels="alpha", period="30", kinds="silence")
    told = {k: v[0] if isinstance(v, list) else v for k, v in page.query_params.items()}
    assert told == {"channels": "alpha", "period": "30", "kinds": "silence"}


def test_gaps_are_stretches_with_what_was_lost(folder: Path, open_page: Open) -> None:
    found = table(open_page("health", folder), "Not seen")
    assert found[["Channel", "Not seen"]].to_numpy().tolist() == [["alpha", "78 s"]]


def test_nothing_is_missed_before_a_stream_begins_or_after_it_ended(
    tmp_path: Path, open_page: Open
) -> None:
    """The first 20 s of its first window and the last 10 s of its last are no part of it."""
    rows = tables()
    begun, ended = NOON - 5 * MINUTE + timedelta(seconds=20), NOON - timedelta(seconds=10)
    rows["streams"] = [{**rows["streams"][0], "started_at": begun, "ended_at": ended}]
    for k, s in ((0, 10.0), (9, 12.0)):
        rows["windows"][k] = {**rows["windows"][k], "observed_s": s}
    folder = published.write(tmp_path, rows, "live").root
    page = open_page("health", folder)
    assert table(page, "Not seen")["Not seen"].tolist() == ["78 s", "8.0 s"]
    assert "Observed 71.2 % n = 10 windows on air" in text_of(page)  # 86.5 of 300 s are missed
    by_hour = open_page("health", folder, period="30")
    assert table(by_hour, "Not seen")["Not seen"].tolist() == ["86 s"]


def test_every_channel_has_its_language_and_its_share(folder: Path, open_page: Open) -> None:
    found = table(open_page("health", folder), "Readable")
    columns = ["Channel", "Language", "Readable", "Messages", "Filtered", "Late", "Observed",
               "Lost"]  # fmt: skip
    assert found[columns].to_numpy().tolist() == [
        ["alpha", "en", "97 %", 140, "10 (6.7 %)", "20 (14.3 %)", "73.8 % of 0.1 h", 2],
        ["beta", "es", "–", 0, "0", "0", "–", 0],
    ]


def test_storage_versions_and_counts_are_told(folder: Path, open_page: Open) -> None:
    text = text_of(open_page("health", folder))
    assert "In all 5.3 MB" in text
    assert "Database 1 MB" in text
    assert "Message text 300 kB gone after 24 h (DLD_RETENTION_H)" in text
    assert "DuckDB 2.0.0" in text
    assert "model none serves" in text
    assert "messages counted 140" in text
    assert "told to the webhook 4; dropped 1, waiting 0, failed attempts 2" in text
    assert "set on Twitch markers 3, clips 0, failed 1" in text
    assert "Not set on Twitch, ann clip: the channel is offline (404)." in text


@pytest.mark.parametrize("gone", ["windows", "streams", "events", "alerts", "health", "channels"])
def test_each_part_may_be_missing(gone: str, tmp_path: Path, open_page: Open) -> None:
    published.write(tmp_path, {k: v for k, v in tables().items() if k != gone})
    page = open_page("health", tmp_path)
    assert not page.exception and not page.error
    said = {
        "windows": "No stream was on in this period",
        "alerts": "No alert of these kinds",
        "health": "The pipeline has not told yet",
    }
    assert said.get(gone, "Data health") in text_of(page)


def test_a_folder_without_any_row_is_sentences(tmp_path: Path, open_page: Open) -> None:
    published.write(tmp_path, {})
    page = open_page("health", tmp_path)
    assert not page.exception
    text = text_of(page)
    assert "Lag – not told yet" in text
    assert "No stream was on in this period" in text


def test_a_stream_seen_whole_says_so(tmp_path: Path, open_page: Open) -> None:
    rows = [window("alpha", NOON - timedelta(seconds=30), 5, 0.1, stream_id="s")]
    published.write(tmp_path, {"channels": [channel("alpha")], "windows": rows})
    text = text_of(open_page("health", tmp_path))
    assert "No gap in this period: DLD observed every window whole." in text
    assert "Observed 100 %" in text


def test_a_replay_has_no_lag(tmp_path: Path, open_page: Open) -> None:
    published.write(tmp_path, {"health": health(lag_s=9e6)}, "replay")
    assert "Lag – a replay has its own clock" in text_of(open_page("health", tmp_path))


@pytest.mark.parametrize("parts", ["{", "[]", "null", '{"tables": {"a": 3, "b": ["x", 1]}}'])
def test_details_that_cannot_be_read_are_left_out(
    parts: str, tmp_path: Path, open_page: Open
) -> None:
    names = ("storage", "text", "versions", "webhook", "twitch")
    rows = [*health(lag_s=1.0), *(detailed(name, 1.0, parts) for name in names)]
    bad = alert("mood_drop", detail=parts)
    published.write(tmp_path, {"channels": [channel("alpha")], "health": rows, "alerts": [bad]})
    page = open_page("health", tmp_path)
    assert not page.exception
    assert table(page, "What was seen")["What was seen"].tolist() == ["its numbers cannot be read"]


# -- the parts ---------------------------------------------------------------------------------


def test_an_unknown_kind_of_alert_is_not_a_new_term() -> None:
    assert alerts.sentence("earthquake", "{}") == "its numbers cannot be read"
    assert alerts.sentence("new_term", None) == "its numbers cannot be read"
    assert alerts.sentence("activity", orjson.dumps(NUMBERS["activity"]).decode()) == (
        "n = 120 messages in 1 min, 6.0 times the usual; about 20 are common"
    )


def test_simulated_chat_is_named_where_the_page_does_not_say_it() -> None:
    detail = orjson.dumps({**NUMBERS["activity"], "source": "simulated"}).decode()
    assert alerts.sentence("activity", detail, "live").endswith("are common (simulated)")
    assert alerts.sentence("activity", detail, "simulated").endswith("are common")


def test_nearly_all_is_not_all() -> None:
    day = {"channel": "a", "day": date(2026, 11, 22), "windows": 1000, "observed_s": 29_999.0,
           "n": 5, "filtered": 0, "late": 0}  # fmt: skip
    figure = coverage.observed_shares(
        [day, {**day, "day": date(2026, 11, 24), "observed_s": 30_000.0}]
    )
    (heat,) = figure.data
    assert list(heat.x) == ["Sun 22 Nov", "Mon 23 Nov", "Tue 24 Nov"]
    assert [list(line) for line in heat.text] == [["99.9 %", "", "100 %"]]


def test_colours_of_shares_are_as_even_as_the_shares() -> None:
    places = [place for place, _ in coverage._SEEN]
    assert places == [k / (len(places) - 1) for k in range(len(places))]


def test_lag_is_drawn_on_a_scale_that_shows_seconds_and_days() -> None:
    rows = [{"at": datetime(2026, 11, 22, 12), "lag_s": s} for s in (0.0, 5.0, 200_000.0)]
    figure = keeping.lags(rows, UTC)
    assert list(figure.data[0].y) == [0.1, 5.0, 200_000.0]
    assert figure.layout.yaxis.type == "log"


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [(None, "–"), (0, "0 B"), (812, "812 B"), (4_200, "4.2 kB"), (999_600, "1 MB"),
     (1_340_000_000, "1.34 GB"), (5e12, "5 TB")],
)  # fmt: skip
def test_bytes_are_said_in_thousands(n_bytes: float | None, said: str) -> None:
    assert wording.size(n_bytes) == said


def test_a_time_that_is_none_is_the_epoch() -> None:
    assert wording.at_second(1e30) == datetime(1970, 1, 1, tzinfo=UTC)
