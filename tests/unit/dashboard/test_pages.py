"""The dashboard's pages on a few rows known exactly, run by Streamlit's own AppTest."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from dashboard import frame, inbox
from tests.helpers.browser import published
from tests.helpers.browser.rows import (
    HOSTILE_LINE,
    HOSTILE_TERM,
    channel,
    forecast,
    models,
    score,
    stream,
    term,
    trials,
    vocabulary,
    window,
)
from tests.helpers.pages import alts_of, html_of, open_at, scripts_of, text_of
from tests.helpers.paths import ROOT
from warehouse.config import DataFolder
from warehouse.published.progress import Progress, nothing_comes_first
from warehouse.published.reader import Reader
from warehouse.records import utc, window_start

PAGES = ROOT / "dashboard" / "app_pages"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAMES = ("live", "review", "explore", "accuracy", "vocabulary", "health")
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four windows of one channel on air: chat, silence, not observed, chat; a week scored."""
    root = tmp_path_factory.mktemp("small")
    starts = [NOON - timedelta(seconds=30 * k) for k in (4, 3, 2, 1)]
    named = stream("alpha", starts[0], None)
    own = {"stream_id": named["stream_id"]}
    last = starts[3]
    days = [date(2026, 11, 22) - timedelta(days=k) for k in range(2)]
    published.write(
        root,
        {
            "channels": [channel("alpha", display_name="Alpha *one*")],
            "streams": [named],
            "windows": [
                window("alpha", starts[0], 10, 0.2, **own),
                window("alpha", starts[1], 0, None, **own),
                window("alpha", starts[2], 0, None, observed_s=0.0, **own),
                window("alpha", last, 30, 0.1, **own),
            ],
            "window_terms": [
                term("alpha", last, "LUL", 12, 0.06),
                term("alpha", last, HOSTILE_TERM, 3, -0.02),
                term("alpha", last, "*", 40, 0.06, "rest"),
            ],
            "samples": [
                {
                    "channel": "alpha",
                    "start": last,
                    "rank": 1,
                    "text": HOSTILE_LINE,
                    "compound": 0.5,
                }
            ],
            "events": [
                {"event_id": "1", "channel": "alpha", "at": last, "kind": "raid", "detail": "beta"}
            ],
            "forecasts": [forecast("alpha", NOON, "lstm-1", 0.12)],
            "forecast_scores": [
                score("alpha", day, model, step, error)
                for day in days
                for step in range(1, 11)
                for model, error in (("lstm-1", 18.6), ("session_mean", 21.0), ("ewma", 22.2))
            ],
            "models": models(),
            "trials": trials(),
            "vocabulary": vocabulary(NOON),
        },
    )
    return root


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run a page on a data folder, at ten seconds past noon, with an address."""

    def opened(name: str, data: Path, **address: str) -> AppTest:
        return open_at(monkeypatch, NOON + timedelta(seconds=10), name, data, address)

    return opened


def notes_of(page: AppTest) -> str:
    return " ".join(element.value for element in page.info)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_draws_and_says_the_chat_is_simulated(
    name: str, small: Path, open_page: Open
) -> None:
    page = open_page(name, small)
    assert not page.exception
    assert not page.error
    assert "Simulated chat" in text_of(page)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_folder_gets_a_friendly_sentence(
    name: str, tmp_path: Path, open_page: Open
) -> None:
    page = open_page(name, tmp_path)
    assert not page.exception
    assert "Nothing has been published yet" in text_of(page)
    assert "make run" in text_of(page)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_says_how_far_the_past_is_while_it_is_made(
    name: str, tmp_path: Path, open_page: Open
) -> None:
    Progress("past", 3 * 86400, 0.376).tell(DataFolder(tmp_path))
    page = open_page(name, tmp_path)
    assert not page.exception
    assert "Preparing three days of example chat: 38 %" in bars_of(page)
    assert "Nothing has been published" not in text_of(page)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_says_what_is_caught_up_on(name: str, small: Path, open_page: Open) -> None:
    folder = DataFolder(small)
    Progress("pause", 2 * 86400, 0.1).tell(folder)
    try:
        assert "Catching up on two days of example chat: 10 %" in bars_of(open_page(name, small))
    finally:
        nothing_comes_first(folder)


def bars_of(page: AppTest) -> str:
    return " ".join(element.proto.text for element in page.get("progress"))


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_address_is_a_note_and_never_a_traceback(
    name: str, small: Path, open_page: Open
) -> None:
    bad = "<script>'\"; DROP TABLE \x00" + "9" * 3000
    keys = ("channels", "span", "stream", "from", "to", "period", "model", "step", "of", "at")
    page = open_page(name, small, **dict.fromkeys((*keys, "status", "days", "q", "kinds"), bad))
    assert not page.exception
    assert not page.error
    if name != "live":
        assert name == "vocabulary" or "in the address" in notes_of(page)


@pytest.mark.parametrize("source", ["replay", "live"])
def test_the_source_of_other_chat_is_named_too(
    source: str, tmp_path: Path, open_page: Open
) -> None:
    published.write(tmp_path, {"channels": [channel("alpha")]}, source)
    label = {"replay": "Replay", "live": "Live chat"}[source]
    assert label in text_of(open_page("vocabulary", tmp_path))


def test_live_says_mood_now_with_its_band_and_count(small: Path, open_page: Open) -> None:
    text = text_of(open_page("live", small))
    assert "+0.11 positive" in text.replace("  ", " ")
    assert "last 5 min: likely between +0.06 and +0.17, 40 messages" in text
    assert "Last 30 s +0.10 ± 0.11, 30 messages" in text
    assert "27 messages / min" in text
    assert "● live" in text
    assert "Raid from beta · 40 s ago" in text
    assert "Next 5 min likely between +0.02 and +0.22 Chances above its usual +0.10: 70 %" in text
    assert "Activity about 20 messages / min, likely 12 to 30" in text
    assert "Forecasts too few were judged yet" in text
    assert "Connection observed" in text


def test_live_grades_its_forecasts_by_their_five_minutes(tmp_path: Path, open_page: Open) -> None:
    """Noise 0.09 a target: of what is above it a fifth is known of five minutes, and of a window
    next to nothing."""
    on_air = stream("alpha", NOON - timedelta(seconds=60), None)
    last = window("alpha", NOON - timedelta(seconds=30), 30, 0.1, stream_id=on_air["stream_id"])
    of = {"targets": 3000, "n": 30_000}
    scores = [
        score("alpha", date(2026, 11, 22), model, step, 270.0 + above, **of)
        for model, step, above in (
            ("lstm-1", 0, 288.0), ("lstm-1", 1, 360.0),
            ("session_mean", 0, 360.0), ("session_mean", 1, 360.0),
        )
    ]  # fmt: skip
    tables = {
        "channels": [channel("alpha")], "streams": [on_air], "windows": [last],
        "forecasts": [forecast("alpha", NOON, "lstm-1", 0.12)], "forecast_scores": scores,
    }  # fmt: skip
    text = text_of(open_page("live", published.write(tmp_path, tables).root))
    assert "clearly better than guessing the stream’s average" in text
    assert "knew 20 % of the predictable part (n = 3,000, last 7 days)" in text


def test_live_shows_hostile_names_and_terms_as_text(small: Path, open_page: Open) -> None:
    drawn = html_of(open_page("live", small))
    assert "Alpha *one*" in drawn
    assert "&lt;img src=x onerror=" in drawn
    assert "<img src=x" not in drawn


@pytest.fixture(scope="module")
def thirteen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many channels, one more than there are cards on a page."""
    now = utc(window_start(datetime.now(UTC).timestamp()))
    names = [f"channel{k:02d}" for k in range(13)]
    tables = {
        "channels": [channel(name) for name in names],
        "streams": [stream(name, now - timedelta(minutes=20), None) for name in names],
        "windows": [
            window(name, now - timedelta(minutes=k), *((12, 0.2) if k > 5 else (0, None)))
            for name in names
            for k in range(10)
        ],
    }
    return published.write(tmp_path_factory.mktemp("thirteen"), tables).root


def test_more_channels_than_fit_on_cards_are_a_table(thirteen: Path, open_page: Open) -> None:
    table = open_page("live", thirteen).dataframe[0].value
    assert len(table) == 13
    first = table.iloc[0]
    assert (first["Channel"], first["Feels"], first["n"]) == ("channel00", "○ silent", 0)
    assert first[["Mood", "±"]].isna().all(), "silence is not a mood of 0"
    assert list(first["Half hour"]) == [0.2] * 4


def test_cards_come_by_the_dozen_and_the_address_keeps_the_page(
    thirteen: Path, open_page: Open
) -> None:
    page = open_page("live", thirteen, view="cards", page="2")
    assert "channel12" in text_of(page)
    assert "channel11" not in text_of(page)
    assert open_page("live", thirteen, view="cards", page="3").info[0].value == (
        "“page” in the address cannot be used here; this is the usual view instead."
    )


def test_live_tells_when_the_pipeline_stopped(
    small: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("live", small)
    monkeypatch.setattr(frame, "wall", lambda: datetime.now(UTC) + timedelta(hours=2))
    page.run()
    assert "the pipeline may have stopped" in page.warning[0].value
    assert "△ out of date" in text_of(page)


def test_a_stream_that_has_just_ended_keeps_the_half_hour_before_its_end(
    tmp_path: Path, open_page: Open
) -> None:
    end = NOON - timedelta(minutes=25)
    starts = [end - timedelta(seconds=30 * k) for k in range(60, 0, -1)]
    tables = {
        "channels": [channel("alpha"), channel("beta")],
        "streams": [stream("alpha", starts[0], end), stream("beta", starts[0], None)],
        "windows": [
            *(window("alpha", at, 9, 0.2) for at in starts),
            window("beta", NOON - timedelta(seconds=30), 9, 0.2),
        ],
    }
    published.write(tmp_path, tables)
    pictures = alts_of(open_page("live", tmp_path))
    assert ["in the last 1 window of" in text for text in pictures] == [True, False]
    assert "in the last 60 windows" in pictures[1]


def test_a_channel_that_was_off_air_for_days_has_no_empty_picture(
    tmp_path: Path, open_page: Open
) -> None:
    long_ago = NOON - timedelta(days=3)
    tables = {
        "channels": [channel("alpha"), channel("beta")],
        "streams": [
            stream("alpha", long_ago, long_ago + timedelta(hours=1)),
            stream("beta", NOON - timedelta(seconds=30), None),
        ],
        "windows": [window("alpha", long_ago, 9, 0.2), window("beta", NOON, 9, 0.2)],
    }
    page = open_page("live", published.write(tmp_path, tables).root)
    (picture,) = alts_of(page)
    assert "last stream" in text_of(page) and "beta" in picture.lower()


def test_explore_counts_chat_silence_and_what_was_not_observed(
    small: Path, open_page: Open
) -> None:
    page = open_page("explore", small)
    text = text_of(page)
    assert "▲ +0.12 positive, n = 40" in text.replace("  ", " ")
    assert "Silence 25 % 1 of 4 windows on air" in text.replace("  ", " ")
    assert "Not observed 25 % 1 of 4 windows on air" in text.replace("  ", " ")
    assert "n = 40 messages" in text
    lines = page.dataframe[0].value
    assert lines["Line"].tolist() == [HOSTILE_LINE]
    assert lines["Mood"].tolist() == [0.5]


def test_the_sd_of_few_messages_is_the_channels_usual_one(tmp_path: Path) -> None:
    """Own sd: of 10 and more, over all messages of the bucket; of fewer, the pooled one."""
    starts = [NOON + timedelta(seconds=30 * k) for k in range(3)]
    rows = [
        window("a", starts[0], 11, 0.2, 0.3),
        window("a", starts[1], 2, 0.0, 0.0),
        window("a", starts[2], 1, 0.5),
    ]
    folder = published.write(tmp_path, {"windows": rows})
    inside = {"channels": ["a"], "since": datetime(2026, 11, 1), "until": datetime(2026, 12, 1)}
    inside |= {"basis": "words"}
    found = Reader(folder).query("dash_series", **inside, step_s=30, offset_s=0)
    usual = (10 * 0.3**2 / 11) ** 0.5
    assert found["sd"].to_pylist() == pytest.approx([0.3, usual, usual])
    day = Reader(folder).query("dash_series", **inside, step_s=86400, offset_s=0).to_pylist()[0]
    values = 11 * 0.2**2 + 0.5**2 - 14 * (2.7 / 14) ** 2
    assert (day["n"], day["mean"]) == (14, pytest.approx(2.7 / 14))
    assert day["sd"] == pytest.approx(((10 * 0.3**2 + values) / 13) ** 0.5)


def test_explore_writes_its_view_to_the_address(small: Path, open_page: Open) -> None:
    page = open_page("explore", small, span="3d")
    assert page.query_params["span"] in ("3d", ["3d"])
    assert page.query_params["channels"] in ("alpha", ["alpha"])


def test_the_address_is_written_once_a_run(
    small: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each writing is a step of the browser's Back, but for the first: it is put in the place."""
    written: list[str] = []
    send = QueryParams._send_query_param_msg
    monkeypatch.setattr(
        QueryParams, "_send_query_param_msg", lambda self: [written.append(str(self)), send(self)]
    )
    page = open_page("explore", small, span="3d", show="terms", foreign="kept")
    assert len(scripts_of(page)) == 1
    assert "span=3d&show=terms&foreign=kept&channels=alpha" in scripts_of(page)[0]
    page.run()
    assert not written
    assert not scripts_of(page)
    assert {"foreign", "span", "show", "against", "channels"} == set(page.query_params)
    page.segmented_control(key="span").set_value("dates").run()
    assert len(written) == 1
    assert {"from", "to"} <= set(page.query_params)


def test_explore_takes_a_stream_from_the_address(small: Path, open_page: Open) -> None:
    page = open_page("explore", small, span="stream", channels="alpha")
    assert "2 min" in text_of(page)
    assert page.selectbox(key="stream").value == "alpha:20261122T115800"


def test_explore_says_when_nothing_was_observed(small: Path, open_page: Open) -> None:
    page = open_page(
        "explore", small, span="dates", **{"from": "2020-01-01T00:00:00", "to": "2020-01-02"}
    )
    assert not page.exception
    assert "No stream of these channels was seen in this span" in text_of(page)


def test_accuracy_gives_the_skill_worked_out_by_hand(small: Path, open_page: Open) -> None:
    """Noise 0.3 ** 2 * 100 = 9: skill = 1 - (18.6 - 9) / (21 - 9) = 0.2."""
    page = open_page("accuracy", small)
    text = text_of(page).replace("  ", " ")
    assert "Latent skill, step 1 +0.200 too few days for an interval, n = 200" in text
    assert "80 % band holds 81.0 % promised 80 %, n = 200" in text
    assert "knew about 20 % of what can be predicted" in text
    table = page.dataframe[0].value
    assert table["Model"].tolist() == ["lstm-1", "Session mean", "EWMA"]
    assert table["Latent skill"].round(6).tolist() == [0.2, 0.0, -0.1]


def test_times_of_forecasts_and_models_come_with_their_zone(
    small: Path, open_page: Open, tmp_path: Path
) -> None:
    page = open_page("accuracy", small, show="models")
    assert any(c.value.startswith("Times in UTC. ") for c in page.caption)
    made = [forecast("alpha", NOON - timedelta(seconds=30 * k), "lstm-1", 0.1) for k in range(2)]
    seen = [window("alpha", NOON - timedelta(seconds=30), 9, 0.1)]
    tables = {"channels": [channel("alpha")], "forecasts": made, "windows": seen}
    published.write(tmp_path, tables)
    page = open_page("accuracy", tmp_path, show="one")
    assert [s.label for s in page.select_slider] == ["Made at, in UTC"]


def test_accuracy_tells_how_each_version_stands_and_why(small: Path, open_page: Open) -> None:
    page = open_page("accuracy", small, show="models")
    (table,) = [d.value for d in page.dataframe if "On data of" in d.value]
    told = {r["Model"]: (r["Status"], r["Why"]) for r in table.to_dict("records")}
    assert told["lstm-1"] == ("serving", "better: CRPS 0.048")
    assert told["lstm-2"] == ("rejected", "not better (within chance, or worse)")
    assert told["ridge"] == ("available", "")


def test_accuracy_shows_what_tuning_tried_last(small: Path, open_page: Open) -> None:
    page = open_page("accuracy", small, show="models")
    assert not page.exception
    assert "4 trials, the best 0.95000" in text_of(page)
    (table,) = [d.value for d in page.dataframe if "After each epoch" in d.value]
    assert table["Status"].tolist() == ["done", "pruned", "failed", "failed"]
    assert table["After each epoch"].tolist() == ["0.97000 0.95000", "0.99000", "", ""]
    assert table["units"].tolist()[:3] == ["12", "8", "<b>x</b>"], "a table escapes by itself"


def test_accuracy_without_any_trial_says_nothing_of_tuning(tmp_path: Path, open_page: Open) -> None:
    published.write(tmp_path, {"channels": [channel("alpha")], "models": models()})
    page = open_page("accuracy", tmp_path, show="models")
    assert not page.exception and "Tuning" not in text_of(page)


def test_accuracy_is_honest_about_a_model_without_skill(small: Path, open_page: Open) -> None:
    page = open_page("accuracy", small, model="ewma")
    assert "EWMA was no better than guessing the stream's average so far" in text_of(page)


def test_vocabulary_shows_what_waits_for_a_decision_first(small: Path, open_page: Open) -> None:
    page = open_page("vocabulary", small)
    table = page.dataframe[0].value
    assert table["Term"].tolist() == [HOSTILE_TERM]
    assert table["Valence"].tolist() == ["▲ +1.8"]
    assert table["Uses"].tolist() == [412]


def test_vocabulary_searches_terms(small: Path, open_page: Open) -> None:
    page = open_page("vocabulary", small, q="pogsh", status="any")
    assert page.dataframe[0].value["Term"].tolist() == ["PogShip"]
    assert "No term in use matches." in text_of(page)


def test_vocabulary_without_proposals_still_shows_the_terms_in_use(
    tmp_path: Path, open_page: Open
) -> None:
    start = NOON - timedelta(seconds=30)
    published.write(
        tmp_path,
        {
            "channels": [channel("alpha")],
            "windows": [window("alpha", start, 4, 0.1)],
            "window_terms": [term("alpha", start, "Kappa", 3, 0.1)],
        },
    )
    page = open_page("vocabulary", tmp_path)
    assert "No new term has been proposed yet" in text_of(page)
    used = page.dataframe[0].value
    assert used[["Term", "Uses", "Part of mood"]].to_numpy().tolist() == [["Kappa", 3, 0.1]]


# -- the review desk -------------------------------------------------------------------------


def asked(root: Path) -> list[dict[str, Any]]:
    """Requests that wait in the inbox, without what differs each time."""
    found = [orjson.loads(path.read_bytes()) for path in (root / "inbox").glob("*.json")]
    for request in found:
        assert request.pop("id") and request.pop("at")
    return found


@pytest.fixture
def desk(small: Path) -> Path:
    """The small folder, of which nobody asked anything yet."""
    shutil.rmtree(small / "inbox", ignore_errors=True)
    return small


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def test_a_proposal_comes_with_what_speaks_for_it(desk: Path, open_page: Open) -> None:
    text = text_of(open_page("vocabulary", desk))
    assert "move 34 windows of the last day by +0.012 on average" in text
    assert "with LUL 61 % of the time" in text
    assert "+1.8 on the scale from −4 to +4" in text


def test_accepting_puts_one_request_in_with_what_was_seen(desk: Path, open_page: Open) -> None:
    page = press(open_page("vocabulary", desk), "accept")
    assert asked(desk) == [
        {
            "action": "vocabulary", "by": "dashboard", "decision": "accept", "channel": "",
            "term": HOSTILE_TERM, "kind": "emote", "seen": None,
        }
    ]  # fmt: skip
    assert "asked; in force from the next window" in text_of(page)


def test_another_valence_is_a_change(desk: Path, open_page: Open) -> None:
    page = open_page("vocabulary", desk)
    page.select_slider[0].set_value(-2.0).run()
    assert page.button(key="accept").label == "Change to −2.0"
    press(page, "accept")
    (request,) = asked(desk)
    assert (request["decision"], request["valence"]) == ("change", -2.0)


def test_a_decision_for_one_channel_says_so(desk: Path, open_page: Open) -> None:
    page = open_page("vocabulary", desk)
    page.selectbox[0].set_value("alpha").run()
    press(page, "reject")
    (request,) = asked(desk)
    assert (request["decision"], request["channel"]) == ("reject", "alpha")
    assert request["seen"] is None


def test_what_is_in_force_can_be_undone(desk: Path, open_page: Open) -> None:
    press(open_page("vocabulary", desk, status="accepted"), "undo")
    (request,) = asked(desk)
    assert (request["decision"], request["term"]) == ("undo", "PogShip")
    assert request["seen"] is not None


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("done", "done; in force from the next window"),
        ("refused", "refused: decided meanwhile: accepted at +1.00 by ann; look again"),
    ],
)
def test_the_pipelines_answer_is_shown(desk: Path, open_page: Open, where: str, told: str) -> None:
    page = press(open_page("vocabulary", desk), "accept")
    (waiting,) = (desk / "inbox").glob("*.json")
    (desk / "inbox" / where).mkdir()
    reason = "decided meanwhile: accepted at +1.00 by ann; look again"
    (desk / "inbox" / where / waiting.name).write_bytes(orjson.dumps({"reason": reason}))
    waiting.unlink()
    assert told in text_of(page.run())


def test_a_dashboard_that_may_not_write_says_so(
    desk: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    page = open_page("vocabulary", desk)
    monkeypatch.setattr(inbox.InboxFolder, "put", refused)
    page = press(page, "accept")
    assert not page.exception
    assert page.error[0].value.endswith(
        "cannot be written (Permission denied): this dashboard can show, not decide"
    )


def test_drift_is_told_with_what_is_in_force(tmp_path: Path, open_page: Open) -> None:
    row = {**vocabulary(NOON)[1], "status": "proposed", "valence": -0.8, "in_force": 2.4}
    published.write(tmp_path, {"channels": [channel("alpha")], "vocabulary": [row]})
    page = open_page("vocabulary", tmp_path)
    assert "known at +2.4; lately used like −0.8" in text_of(page)
    assert page.dataframe[0].value["Status"].tolist() == ["drifted"]
    assert page.button(key="reject").label == "Keep as it is"


def test_the_history_of_decisions_is_there(tmp_path: Path, open_page: Open) -> None:
    decision = {
        "decision_id": "a", "term": HOSTILE_TERM, "channel": "", "at": NOON, "by": "dashboard",
        "decision": "accept", "valence": 1.5, "kind": "emote", "from_start": NOON,
    }  # fmt: skip
    tables = {"channels": [channel("alpha")], "vocabulary": vocabulary(NOON)}
    published.write(tmp_path, {**tables, "decisions": [decision]})
    page = open_page("vocabulary", tmp_path)
    page.session_state["decided"] = True
    page.run()
    table = next(d.value for d in page.dataframe if "Decision" in d.value)
    assert table[["Decision", "In force", "By"]].to_numpy().tolist() == [
        ["accept", 1.5, "dashboard"]
    ]
