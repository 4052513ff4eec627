"""The page Bring your own: what it puts into the inbox, what it asks, what it tells."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import access, frame, inbox, worker
from dashboard.rights import Access
from dashboard.uploads import upload_words
from tests.helpers.browser import published
from tests.helpers.browser.rows import HOSTILE_NAME, channel
from tests.helpers.pages import html_of, text_of
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from warehouse.config import DataFolder
from warehouse.inbox.uploaded_log import ACTION, UploadedLog

PAGE = ROOT / "dashboard" / "app_pages" / "import_log.py"
NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setattr(frame, "wall", lambda: NOW)
    monkeypatch.setattr(worker, "begin", lambda: None)  # tests answer themselves
    monkeypatch.setattr(worker, "_begun", [])  # nor is one of another test at it

    def opened(**address: str) -> AppTest:
        page = AppTest.from_file(str(PAGE), default_timeout=PATIENCE_S)
        for key, value in address.items():
            page.query_params[key] = value
        return page.run()

    return opened


def drop(page: AppTest, name: str = "a.log", raw: bytes = b"text") -> AppTest:
    page.file_uploader[0].upload(name, raw).run()
    return page.button(key="import").click().run()


def waiting(folder: DataFolder) -> dict[str, Any]:
    (path,) = folder.inbox.glob("*.json")
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    return found


def answered(folder: DataFolder, where: str, more: Mapping[str, Any]) -> str:
    """The pipeline's answer to the one request that waits; its id."""
    asked = waiting(folder)
    (folder.inbox / where).mkdir(exist_ok=True)
    (folder.inbox / f"{asked['id']}.json").unlink()
    place = folder.inbox / where / f"{asked['id']}.json"
    kept = {k: asked[k] for k in ("id", "by", "action", "name")}
    place.write_bytes(orjson.dumps({**kept, **more}))
    return str(asked["id"])


def test_a_dropped_log_is_put_beside_its_request_for_its_owner_alone(
    folder: DataFolder, open_page: Open
) -> None:
    page = drop(open_page(), "../x/#demo\n.log", b"hello" * 1_000_000)
    asked = waiting(folder)
    assert {k: asked[k] for k in ("action", "name", "channel", "started_at", "undated", "by")} == {
        "action": ACTION, "name": "#demo_.log", "channel": "", "started_at": "",
        "undated": False, "by": "dashboard",
    }  # fmt: skip
    log = UploadedLog(folder.inbox / asked["id"]).log
    assert (log.read_bytes(), log.stat().st_mode & 0o777) == (b"hello" * 1_000_000, 0o600)
    assert log.parent.stat().st_mode & 0o777 == 0o700
    assert page.query_params["request"] == asked["id"]
    assert page.button(key="import").disabled  # until there is an answer


def test_a_log_that_waits_is_not_said_to_begin_in_a_moment_by_a_reloaded_page(
    folder: DataFolder, open_page: Open
) -> None:
    def progress(page: AppTest) -> list[str]:
        return [bar.proto.text for bar in page.get("progress")]

    dropped = drop(open_page())
    assert progress(dropped) == ["Put into the inbox; the pipeline begins in a moment"]
    reloaded = open_page(request=waiting(folder)["id"])
    assert progress(reloaded) == ["In the inbox; the pipeline has yet to begin"]


def test_simulated_chat_takes_no_log_and_says_so_before(
    folder: DataFolder, open_page: Open
) -> None:
    published.write(folder.root, {"channels": [{**channel("alpha"), "source": "simulated"}]})
    page = open_page()
    assert not page.file_uploader
    (told,) = [i.value for i in page.info]
    assert told.startswith("No log can be dropped here") and "has simulated chat" in told


def test_without_a_pipeline_it_says_how_long_a_log_waits(
    folder: DataFolder, open_page: Open
) -> None:
    folder.root.mkdir(exist_ok=True)
    folder.warehouse.touch()  # one has begun, and has published nothing
    page = open_page()
    assert not page.exception
    (note,) = [w.value for w in page.warning]
    assert note.startswith("The pipeline has published nothing yet and may be off.")
    assert "24 h at most" in note
    assert "TwitchDownloader" in text_of(page)


def test_what_a_log_leaves_out_is_asked_and_sent_with_it(
    folder: DataFolder, open_page: Open
) -> None:
    page = drop(open_page())
    answered(folder, "refused", {"reason": "add --channel", "asks": ["channel", "when"]})
    page.run()
    told = [w.value for w in page.warning]
    assert told[-2:] == [
        "This log does not say whose chat it is.", "This log does not say when it was.",
    ]  # fmt: skip
    assert "--channel" not in str(page.main)  # that is for the command line
    page.text_input(key="whose-name").set_value("https://twitch.tv/Mine").run()
    page.segmented_control(key="when").set_value("at").run()
    page.datetime_input(key="began").set_value(datetime(2026, 1, 30, 20, 5)).run()
    page.button(key="import").click().run()
    asked = waiting(folder)
    assert (asked["channel"], asked["started_at"]) == ("mine", "2026-01-30T20:05:00+00:00")
    assert UploadedLog(folder.inbox / asked["id"]).log.read_bytes() == b"text"  # the page kept it


@pytest.mark.parametrize("answer", ["place", "replace"])
def test_a_log_at_the_time_of_another_stream_is_asked_about(
    folder: DataFolder, open_page: Open, answer: str
) -> None:
    page = drop(open_page())
    answered(folder, "refused", {"reason": "overlaps; --place or --replace", "asks": ["place"]})
    page.run()
    assert page.warning[-1].value == "At its time the channel has another stream."
    assert "--place" not in str(page.main)
    page.segmented_control(key="taken").set_value(answer).run()
    page.button(key="import").click().run()
    asked = waiting(folder)
    assert {k: asked[k] for k in ("place", "replace")} == {
        "place": answer == "place", "replace": answer == "replace",
    }  # fmt: skip
    assert page.segmented_control(key="taken").value == "ask"  # of the next log


def test_a_log_without_a_date_says_where_it_will_appear(
    folder: DataFolder, open_page: Open
) -> None:
    page = open_page()
    page.segmented_control(key="when").set_value("never").run()
    assert upload_words.UNDATED in [c.value for c in page.caption]
    drop(page)
    assert waiting(folder)["undated"] is True


def test_what_is_asked_of_a_table_begins_as_a_sentence(folder: DataFolder, open_page: Open) -> None:
    page = drop(open_page())
    reason = "the first line of t.csv does not name its 3 columns"
    answered(folder, "refused", {"reason": reason, "asks": ["columns"]})
    page.run()
    assert "again. The first line of t" in page.info[-1].value


def test_what_was_read_is_told_with_the_way_to_its_stream(
    folder: DataFolder, open_page: Open
) -> None:
    page = drop(open_page())
    listed = [
        {"stream": "demo:a b&c", "channel": "demo", "from": "2026-01-31T18:00:00Z",
         "to": "2026-01-31T19:30:00Z", "rows": 1234, "undated": False},
        {"stream": "demo:2", "channel": HOSTILE_NAME, "from": "2000-01-01T00:00:00Z",
         "to": "2000-01-01T01:00:00Z", "rows": 1, "undated": True},
    ]  # fmt: skip
    result = {"format": "irc", "messages": 1235, "filtered": 7, "windows": 300, "streams": 2,
              "skipped": {"not JSON": 3, "message seen before": 2}, "listed": listed}  # fmt: skip
    answered(folder, "done", {"result": result, "note": "cut <b>here</b>"})
    page.run()
    text, drawn = text_of(page), html_of(page)
    assert "a.log is in." in text
    assert "Skipped 5 lines that gave no message" in text
    assert "not JSON 3 message seen before 2" in text
    assert 'href="review?stream=demo%3Aa+b%26c"' in drawn
    assert "31 Jan 2026, 18:00, 1 h 30 min · n = 1,234 messages" in text
    assert 'title="2026-01-31 18:00:00 UTC to' in drawn
    assert "date unknown, 1 h" in text
    assert "<script>" not in drawn
    assert page.warning[-1].value == "cut \\<b\\>here\\</b\\>"


def test_a_refusal_is_told_as_text(folder: DataFolder, open_page: Open) -> None:
    page = drop(open_page())
    answered(folder, "refused", {"reason": "[x](javascript:1) **no**", "asks": []})
    page.run()
    (error,) = [e.value for e in page.error]
    assert error == "It was not imported: \\[x\\]\\(javascript\\:1\\) \\*\\*no\\*\\*"
    assert not page.button(key="import").disabled


@pytest.mark.parametrize(
    "state",
    [
        {}, {"step": "reading", "done": 5, "of": 10}, {"step": "scoring", "done": 50, "of": 10},
        {"step": "scoring", "done": 1, "of": 0}, {"step": 7}, {"result": 3, "reason": None},
        {"result": {"skipped": [1], "listed": ["x", {"from": "never"}], "streams": "many"}},
    ],
)  # fmt: skip
def test_whatever_the_files_say_no_traceback_is_drawn(
    folder: DataFolder, open_page: Open, state: dict[str, Any]
) -> None:
    page = drop(open_page())
    sent = answered(folder, "done", {"result": {}})
    (folder.inbox / "done" / f"{sent}.json").write_bytes(
        orjson.dumps({"id": sent, "by": "x", "action": ACTION, **state})
    )
    assert not page.run().exception


def test_an_import_under_way_shows_how_far_it_is(folder: DataFolder, open_page: Open) -> None:
    page = drop(open_page())
    place = UploadedLog(folder.inbox / waiting(folder)["id"])
    place.progress.write_bytes(orjson.dumps({"step": "scoring", "done": 50, "of": 200}))
    page.run()
    (bar,) = [element.proto for element in page.get("progress")]
    assert (bar.text, bar.value) == ("Scoring its messages: 50 of 200", 25)


def test_a_foreign_address_is_told_and_opens_nobody_elses_import(
    folder: DataFolder, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for foreign in ("../../salt", "x" * 90, "abc"):
        assert "does not know the import" in text_of(open_page(request=foreign))
    drop(open_page())
    sent = answered(folder, "done", {"result": {"messages": 5}})
    assert "a.log is in." in text_of(open_page(request=sent))
    monkeypatch.setattr(access, "current", lambda: Access("mine", ("mine",), "5"))
    assert inbox.dropped(sent) is None
    page = open_page(request=sent)
    assert "does not know the import" in text_of(page)
    drop(page)
    asked = waiting(folder)
    assert (asked["channel"], asked["by"]) == ("mine", "mine id:5")


def test_an_inbox_that_cannot_be_written_is_told(folder: DataFolder, open_page: Open) -> None:
    published.write(folder.root, {}, "live")
    folder.inbox.write_text("not a folder")
    page = open_page()
    assert "cannot import here" in page.info[0].value
    assert not page.file_uploader


def test_a_log_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    place = UploadedLog(tmp_path / "a")

    def broken() -> Any:
        yield b"x"
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        place.put(broken())
    assert [*tmp_path.iterdir()] == []
