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

from dashboard import inbox
from dashboard.review import session_report, take_away
from dashboard.review.files.base import File
from dashboard.review.files.export import Export
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
from warehouse.inbox.requests import InboxFolder

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
    own = {"stream_id": row["stream_id"], "n_laughs": 0}
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
    assert "Moments 1 found" in text
    assert "Burst of chat" in text
    assert "6 times as busy as usual. 120 messages a minute, usually 20" in text
    assert "n = 1,050; usually +0.10 (+0.10 to +0.10, 3 streams); higher than none of them" in text
    assert "Messages / min 21 usually 20 (15 to 25, 3 streams); higher than 2 of them" in text
    assert 'href="https://www.twitch.tv/videos/42?t=0h24m30s"' in html_of(page)
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
    assert "unsupported language: DLD can read 20 % of its messages" in text_of(open_page(tmp_path))


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
    assert "Moments 0 found" in text
    assert "How the mood went lasting turns and levels" in text.split("Moments 0 found")[1]
    assert "Mood falls and stays" in text


# -- decisions, ranges, terms, the video -----------------------------------------------------


@pytest.fixture
def busy(tmp_path: Path) -> Path:
    """alpha: one stream with bursts at 0:10:00, 0:20:00, ..., 2:00:00, each a little smaller."""
    n = [10] * 260
    for k in range(1, 13):
        n[20 * k] = 130 - 5 * k
    tables = session(NOON, n, vod_id="42")
    terms = [term("alpha", NOON + timedelta(seconds=600), "LUL", 30, 0.05)]
    published.write(tmp_path, {**tables, "channels": [channel("alpha")], "window_terms": terms})
    return tmp_path


def asked(data: Path) -> list[dict[str, Any]]:
    """Requests that wait, oldest first."""
    found = [json.loads(path.read_text()) for path in (data / "inbox").glob("*.json")]
    return sorted(found, key=lambda request: request["at"])


def decide(page: AppTest, rank_at: str, choice: str | None) -> AppTest:
    key = f"decide-alpha-20261122T{rank_at}"
    return page.segmented_control(key=key).set_value(choice).run()


def test_ten_moments_are_listed_and_all_of_them_where_somebody_wants(
    busy: Path, open_page: Open
) -> None:
    page = open_page(busy)
    assert html_of(page).count('class="dld-moment"') == 10
    page = page.toggle(key="all").set_value(True).run()
    assert html_of(page).count('class="dld-moment"') == 12
    assert page.query_params["all"] in ("1", ["1"])


def test_a_decision_is_shown_at_once_and_asked_of_the_pipeline(busy: Path, open_page: Open) -> None:
    page = decide(open_page(busy), "122000", "keep")
    assert not page.exception
    assert '<span class="dld-pill keep">kept</span>' in html_of(page)
    assert "12 found; of 1 decided, 1 kept" in text_of(page)
    (request,) = asked(busy)
    assert (request["action"], request["decision"]) == ("moment", "keep")
    assert (request["channel"], request["start"]) == ("alpha", "2026-11-22T12:20:00+00:00")
    page = decide(page, "122000", None)
    assert ">kept<" not in html_of(page)
    assert [r["decision"] for r in asked(busy)] == ["keep", "clear"]


def test_what_was_dropped_comes_last_and_is_in_no_file(
    busy: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = exports(monkeypatch)
    page = decide(open_page(busy), "121000", "drop")
    drawn = html_of(page)
    assert drawn.rindex('class="dld-moment"') < drawn.index('class="dld-moment drop"')
    assert drawn.count('class="dld-moment"') == 10  # another one is listed in its place
    assert [[rank for rank, _ in export.moments][:2] for export in written] == [[1, 2], [2, 3]]


def exports(monkeypatch: pytest.MonkeyPatch) -> list[Export]:
    """What files were written from, one a time that the page was drawn."""
    written: list[Export] = []

    def write(export: Export) -> bytes:
        written.append(export)
        return b"x"

    monkeypatch.setattr(take_away, "FILES", [File("One", ".one", "text/plain", "", write)])
    return written


def test_files_have_the_lead_in_the_ranges_and_what_was_chosen(
    busy: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = exports(monkeypatch)
    own = {"event_id": "decision:1", "channel": "alpha", "at": NOON + timedelta(seconds=90),
           "kind": "moment_added", "detail": '{"seconds": 20, "text": "ours"}'}  # fmt: skip
    kept = {**own, "event_id": "decision:2", "at": NOON + timedelta(minutes=20),
            "kind": "moment_kept", "detail": ""}  # fmt: skip
    published.write(busy, {"events": [own, kept]})
    page = open_page(busy, lead="10", fps="25", chapters="moments", files="kept")
    assert not page.exception
    export = written[-1]
    assert (export.lead_s, export.frame_rate.base, export.chapters_of) == (10, 25, "moments")
    assert [(o.at_s, o.seconds, o.text) for o in export.own] == [(90, 20, "ours")]
    assert [rank for rank, _ in export.moments] == [2]
    assert export.entries[0].cut.in_s == 1190


def test_a_refused_decision_is_told_and_taken_back(busy: Path, open_page: Open) -> None:
    page = decide(open_page(busy), "122000", "keep")
    (request,) = asked(busy)
    InboxFolder(busy / "inbox").refuse(request["id"], "moment", "nothing is stored of alpha")
    page = page.run()
    assert "A decision was refused: nothing is stored of alpha" in page.error[0].value
    assert ">kept<" not in html_of(page)


def test_what_is_published_of_a_decision_takes_the_place_of_what_was_asked(
    busy: Path, open_page: Open
) -> None:
    page = decide(open_page(busy), "122000", "keep")
    (request,) = asked(busy)
    later = {
        "event_id": "decision:2099-01-01T00:00:00.000000+00:00:x",
        "channel": "alpha",
        "at": NOON + timedelta(minutes=20),
        "kind": "moment_dropped",
        "detail": "",
    }
    mine = {**later, "event_id": f"decision:{request['at']}:{request['id']}"}
    mine["kind"] = "moment_kept"
    published.write(busy, {"events": [mine, later]})
    InboxFolder(busy / "inbox").finish(request["id"])
    page = page.run()
    assert 'class="dld-moment drop"' in html_of(page) and ">kept<" not in html_of(page)


def test_who_cannot_ask_has_no_buttons(
    busy: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "can_ask", lambda: False)
    page = open_page(busy)
    assert not page.exception
    assert not [w for w in page.get("button_group") if "Keep or drop" in w.proto.label]
    assert "own-add" not in [button.key for button in page.button]


def test_a_range_of_ones_own_is_an_entry_and_can_be_taken_away(busy: Path, open_page: Open) -> None:
    page = open_page(busy)
    page.text_input(key="own-from").set_value("1:02:10")
    page.text_input(key="own-to").set_value("1:02:50")
    page.text_input(key="own-text").set_value(HOSTILE_NAME)
    page = page.run()
    assert page.button(key="own-add").label == "Add 1:02:10 to 1:02:50"
    page = page.button(key="own-add").click().run()
    assert "1:02:10 to 1:02:50 (40 s)" in text_of(page)
    assert "<b onclick" not in html_of(page)
    assert page.text_input(key="own-from").value == ""
    page = page.button(key="remove-20261122T130210001000").click().run()
    assert "1:02:10 to 1:02:50 (40 s)" not in text_of(page)
    assert [r["decision"] for r in asked(busy)] == ["add", "drop"]
    assert (asked(busy)[0]["seconds"], asked(busy)[0]["start"]) == (
        40, "2026-11-22T13:02:10.001000+00:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last"), [("1:00", "0:30"), ("1:00", "1:00"), ("0:00", "9:00:00"), ("", "1:00"),
                        ("0:00", "1:30:00"), ("soon", "later")],
)  # fmt: skip
def test_what_is_no_range_cannot_be_added(
    first: str, last: str, busy: Path, open_page: Open
) -> None:
    page = open_page(busy)
    page.text_input(key="own-from").set_value(first)
    page.text_input(key="own-to").set_value(last)
    assert page.run().button(key="own-add").disabled


def test_lead_in_and_term_are_taken_from_the_address(busy: Path, open_page: Open) -> None:
    page = open_page(busy, lead="45", term="LUL")
    assert "VOD from 0:19:15" in text_of(page)
    traces = json.loads(page.get("plotly_chart")[0].proto.spec)["data"]
    assert [t for t in traces if t.get("name") == "LUL"]
    page = page.slider(key="lead").set_value(0).run()
    assert "0:20:00 in the VOD" in text_of(page)
    assert page.query_params["lead"] in ("0", ["0"])
    odd = open_page(busy, lead="61", term="<script>")
    assert "VOD from 0:19:30" in text_of(odd)
    assert len([element for element in odd.info if "in the address" in element.value]) == 2


def test_nothing_of_twitch_is_there_until_somebody_plays(busy: Path, open_page: Open) -> None:
    page = open_page(busy)
    assert not page.get("iframe")
    page = page.button(key="play-moment 1-570").click().run()
    (player,) = page.get("iframe")
    assert player.proto.src.startswith("https://player.twitch.tv/?video=v42&parent=")
    assert "time=0h9m30s&autoplay=true" in player.proto.src
    page = page.toggle(key="vod-open").set_value(False).run()
    assert not page.get("iframe")


def test_a_stream_without_a_video_has_nothing_to_play(tmp_path: Path, open_page: Open) -> None:
    rows = session(NOON, [10] * 50 + [60] + [10] * 50, vod_id="v9<")
    published.write(tmp_path, {"channels": [channel("alpha")], **rows})
    page = open_page(tmp_path)
    assert page.toggle(key="vod-open").disabled
    assert not [b for b in page.button if str(b.key).startswith("play-")]


def test_viewers_clips_and_what_was_set_on_twitch_stand_beside_the_moments(
    busy: Path, open_page: Open
) -> None:
    clip = {"clip_id": "Abc", "channel": "alpha", "at": NOON, "vod_id": "42", "vod_offset_s": 610,
            "duration_s": 30.0, "views": 7}  # fmt: skip
    other = [{**clip, "clip_id": "Def", "vod_id": "43"}, {**clip, "clip_id": "Ghi",
             "vod_offset_s": None}]  # fmt: skip
    set_there = {"event_id": "twitch:1", "channel": "alpha", "at": NOON + timedelta(minutes=10),
                 "kind": "twitch_marker", "detail": "https://www.twitch.tv/videos/42"}  # fmt: skip
    published.write(busy, {"clips": [clip, *other], "events": [set_there]})
    page = open_page(busy)
    assert "of its one clip 1 lies in the best ten" in " ".join(c.value for c in page.caption)
    text = text_of(page)
    assert "0:10:10 7 views, 30 s, in moment 1" in text
    assert "Set on Twitch" in text and "0:10:00 Marker on Twitch" in text
    traces = json.loads(page.get("plotly_chart")[0].proto.spec)["data"]
    (drawn,) = [t for t in traces if t.get("name") == "Viewers' clips"]
    assert len(drawn["customdata"]) == 1


def live(tmp_path: Path, **more: Any) -> Path:
    """A stream of real chat that is over, with one burst at 0:25:00."""
    of = {"vod_id": "42", "source": "live", **more}
    rows = session(NOON, [10] * 50 + [90] + [10] * 49, **of)
    published.write(tmp_path, {**rows, "channels": [channel("alpha", source="live")]}, "live")
    return tmp_path


def clip_buttons(page: AppTest) -> list[Any]:
    return [b for b in page.button if str(b.key).startswith("clip-")]


def test_a_clip_is_asked_for_where_the_streamer_allows_it(
    tmp_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = live(tmp_path)
    assert not clip_buttons(open_page(data))
    monkeypatch.setenv("DLD_CLIPS", "alpha")
    page = open_page(data)
    (make,) = clip_buttons(page)
    assert make.label == "Make clip on Twitch"
    page = make.click().run()
    (made,) = clip_buttons(page)
    assert (made.label, made.disabled) == ("Clip asked for", True)
    (request,) = asked(data)
    assert {k: request[k] for k in ("action", "channel", "stream_id", "at_s", "in_s")} == {
        "action": "clip", "channel": "alpha", "stream_id": "alpha:20261122T120000",
        "at_s": 1500, "in_s": 1470,
    }  # fmt: skip
    assert request["title"] in text_of(page)
    InboxFolder(data / "inbox").refuse(request["id"], "clip", "the VOD is gone")
    page = page.run()
    assert page.error[0].value == f"No clip of {request['title']}: the VOD is gone"
    assert not clip_buttons(page)[0].disabled


def test_a_clip_that_was_made_is_not_asked_for_again(
    tmp_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = live(tmp_path)
    monkeypatch.setenv("DLD_CLIPS", "alpha")
    page = clip_buttons(open_page(data))[0].click().run()
    InboxFolder(data / "inbox").finish(asked(data)[0]["id"])
    (made,) = clip_buttons(page.run())
    assert (made.label, made.disabled) == ("Clip made", True)


@pytest.mark.parametrize(
    ("clips", "more"),
    [("beta", {}), ("not a login!", {}), ("alpha", {"ended_at": None}), ("alpha", {"vod_id": None}),
     ("alpha", {"source": "replay"})],
)  # fmt: skip
def test_nothing_is_clipped_that_is_not_allowed_or_not_there(
    clips: str, more: dict[str, Any], tmp_path: Path, open_page: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("DLD_CLIPS", clips)
    page = open_page(live(tmp_path, **more))
    assert not page.exception
    assert not clip_buttons(page)


def test_a_range_stands_in_a_stream_in_which_nothing_stood_out(
    tmp_path: Path, open_page: Open
) -> None:
    own = {"event_id": "decision:1", "channel": "alpha", "at": NOON + timedelta(seconds=90),
           "kind": "moment_added", "detail": '{"seconds": 20, "text": "ours"}'}  # fmt: skip
    tables = {**session(NOON, [10] * 40), "channels": [channel("alpha")], "events": [own]}
    published.write(tmp_path, tables)
    said = text_of(open_page(tmp_path))
    assert "Nothing stood out" in said and "0:01:30 to 0:01:50 (20 s)" in said
