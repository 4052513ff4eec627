"""What stands between messages: by the tools' own marks, else by Twitch's sentences."""

from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from pipeline.imports.formats import notices
from pipeline.imports.formats.detect import detect
from pipeline.imports.stage import Staged, stage
from tests.helpers.logs import EPOCH, comment, downloader, ganymede, rustlog, written
from warehouse.errors import BadInput


def staged(path: Path, log: Any, name: str = "") -> Staged:
    """The log, text or objects, read as an import does."""
    text = log if isinstance(log, str) else orjson.dumps(log).decode()
    written(path, text)
    return stage(path, name or detect(path), path.with_suffix(".table"), lambda _: None)


def said(of: Staged) -> list[str]:
    return list(pq.read_table(of.table)["text"].to_pylist())


def events(of: Staged) -> list[tuple[str, str]]:
    return [(event.kind, event.detail) for event in of.log.events]


@pytest.mark.parametrize(
    ("text", "kind", "detail", "own"),
    [
        ("Ann subscribed at Tier 2. ", "sub", "tier 2", ""),
        ("Ann subscribed with Prime. They've subscribed for 9 months! woo", "sub",
         "Prime 9 months", "woo"),
        ("Ann gifted a Tier 1 sub to Bob! This is their first Gift Sub in the channel!", "gift",
         "1 tier 1", ""),
        ("An anonymous user is gifting 20 Tier 1 Subs to Demo's community! ", "gift",
         "20 tier 1", ""),
        ("3 raiders from Ann have joined!", "raid", "ann with 3", ""),
        ("Ann watched 7 consecutive streams and sparked a watch streak! hi", "watch_streak",
         "7 streams", "hi"),
        ("Ann converted from a Prime sub to a Tier 1 sub! ", "prime_paid_upgrade", "tier 1", ""),
        ("Ann: Donated EUR 5 to support Otters", "charity_donation", "EUR 5", ""),
        ("Ann just subscribed!", "sub", "", ""),
    ],
)  # fmt: skip
def test_a_sentence_of_twitchs_is_an_event(text: str, kind: str, detail: str, own: str) -> None:
    found = notices.read(text, "ann")
    assert found and (found.kind, found.detail, found.own) == (kind, detail, own)


@pytest.mark.parametrize(
    "text",
    ["Bob subscribed at Tier 1. ", "gift me a sub", "12 raiders from Bob have joined!",
     "Prime subs are neat", "why raid?"],
)  # fmt: skip
def test_what_a_chatter_says_of_others_is_chat(text: str) -> None:
    assert notices.read(text, "ann") is None


@pytest.mark.parametrize("key", ["msg-id", "msg_id"])
def test_a_comment_with_twitchs_mark_is_an_event_whatever_it_says(tmp_path: Path, key: str) -> None:
    marked = comment(1)
    marked["message"] = {"body": "Bob raidet mit 5", "user_notice_params": {key: "raid"}}
    loud = comment(2)
    loud["message"] = {"body": "so good", "user_notice_params": {key: "highlighted-message"}}
    log = staged(tmp_path / "a", downloader(comments=[comment(0), marked, loud]))
    assert said(log) == ["good morning", "so good"]
    assert events(log) == [("raid", "")]
    assert log.log.skipped == {"notice of a sub, gift or raid": 1}


def test_a_comment_whose_sentence_is_twitchs_leaves_its_chatters_words(tmp_path: Path) -> None:
    body = "Bob subscribed with Prime. They've subscribed for 4 months! still here"
    log = staged(tmp_path / "a", downloader(comments=[comment(1, message={"body": body})]))
    assert (said(log), events(log)) == (["still here"], [("sub", "Prime 4 months")])


def test_the_gifts_of_many_are_told_as_one(tmp_path: Path) -> None:
    lines = """[0:00:01] ann: ann is gifting 2 Tier 1 Subs to Demo's community!
[0:00:02] ann: ann gifted a Tier 1 sub to bob!
[0:00:03] eve: eve gifted a Tier 1 sub to bob!
[0:00:04] ann: ann gifted a Tier 1 sub to cy!
[0:00:05] ann: ann gifted a Tier 3 sub to dee!
[0:00:06] bob: thanks for the gift ann
"""
    log = staged(tmp_path / "a", lines)
    assert said(log) == ["thanks for the gift ann"]
    assert [detail for _, detail in events(log)] == ["2 tier 1", "1 tier 1", "1 tier 3"]


def test_titles_categories_and_chapters_of_a_video_are_kept(tmp_path: Path) -> None:
    chapters = [
        {"type": "GAME_CHANGE", "startMilliseconds": at, "gameDisplayName": name}
        for at, name in ((0, "Chess"), (90_000, "Go"))
    ]
    video = {**downloader()["video"], "title": "late", "game": "Go", "chapters": chapters}
    log = staged(tmp_path / "a", downloader(video=video)).log
    assert (log.title, log.category) == ("late", "Chess")
    assert [(e.at, e.kind, e.detail) for e in log.events] == [(90, "category", "Go")]


def test_ganymede_keeps_the_own_words_of_a_notice_apart(tmp_path: Path) -> None:
    system = "Bob subscribed at Tier 1. They've subscribed for 3 months!"
    params = {"msg-id": "resub", "system-msg": system, "user-message": "hooray"}
    notice = {**ganymede(1), "message_type": "user_notice", "message": f"{system} hooray",
              "user_notice_params": params}  # fmt: skip
    params = {"msg-id": "raid", "msg-param-viewerCount": "4"}
    raid = {**ganymede(2), "message_type": "user_notice",
            "message": "4 raiders from Cy have joined!", "user_notice_params": params}  # fmt: skip
    log = staged(tmp_path / "a", [ganymede(0), notice, raid])
    assert said(log) == ["good morning", "hooray"]
    assert events(log) == [("sub", "tier 1 3 months"), ("raid", "with 4")]


def test_chat_downloader_takes_back_and_counts_what_was_made_larger(tmp_path: Path) -> None:
    def line(k: int, kind: str = "text_message", **more: Any) -> dict[str, Any]:
        return {**ganymede(k), "action_type": "text_message", "message_type": kind,
                "message_id": f"id{k}{kind}", **more}  # fmt: skip

    lines = [
        line(0), line(1), line(2, "gigantified-emote-message"), line(2, "highlighted_message"),
        {"action_type": "delete_message", "message_type": "delete_message", "timestamp":
         (EPOCH + 130) * 1_000_000, "target_message_id": "id2gigantified-emote-message"},
        {"action_type": "clear_chat", "message_type": "ban_user", "banned_user": "Bob",
         "timestamp": (EPOCH + 131) * 1_000_000},
        {"action_type": "user_notice", "message_type": "subscription_gift", "timestamp":
         (EPOCH + 132) * 1_000_000, "author": {"name": "ann"}, "subscription_type": "Tier 1"},
        {"action_type": "room_state", "message_type": "room_state", "timestamp":
         (EPOCH + 133) * 1_000_000},
    ]  # fmt: skip
    log = staged(tmp_path / "a", "\n".join(orjson.dumps(one).decode() for one in lines))
    assert said(log) == ["good morning", "gg"]
    assert events(log) == [("gift", "1 tier 1")]
    assert log.log.skipped["taken back"] == 2


def test_rustlogs_basic_messages_tell_bans_and_notices_by_their_tags(tmp_path: Path) -> None:
    ban, raid = rustlog(1), rustlog(2)
    ban["tags"] |= {"target-user-id": "7", "ban-duration": "600"}
    raid["tags"] |= {"msg-id": "raid", "system-msg": "9 raiders from Cy have joined!"}
    raid["text"] = "9 raiders from Cy have joined!"
    log = staged(tmp_path / "a", {"messages": [rustlog(0), ban, raid]})
    assert (said(log), events(log)) == (["good morning"], [("raid", "cy with 9")])


def test_chat_without_times_is_refused_with_that_reason(tmp_path: Path) -> None:
    for lines in (
        "ann: hello\nbob: hi\ncy: gg\n",
        "# Log started: 2026-01-31 18:00:00\n<ann> hi\n",
    ):
        with pytest.raises(BadInput, match="lines without a time"):
            staged(tmp_path / "a", lines)


def test_justlogs_text_tells_bans_and_notices_by_their_sentences(tmp_path: Path) -> None:
    lines = """[2026-01-2 18:00:00] #demo ann: hello
[2026-01-2 18:00:01] #demo ann: ann has been timed out for 5 seconds
[2026-01-2 18:00:02] #demo bob has been banned
[2026-01-2 18:00:03] #demo ann: bob has been banned
[2026-01-2 18:00:04] #demo 8 raiders from Cy have joined!
"""
    log = staged(tmp_path / "a", lines)
    assert said(log) == ["hello", "bob has been banned"]
    assert events(log) == [("raid", "cy with 8")]
    assert log.log.skipped == {"ban or time-out": 2, "notice of a sub, gift or raid": 1}


def test_chattys_own_marks_are_events_and_deletions(tmp_path: Path) -> None:
    lines = """# Log started: 2026-01-31 18:00:00 +0000
[18:00:10] <@Ann> one, two
[18:00:11] <Bob> bad thing
[18:00:12] <Cy>* waves
[18:00:13] <Cy> other
[18:00:14] DELETED: Bob (bad thing)
[18:00:15] BAN: ann (600s) [be kind] {1y}, dee
[18:00:16] BITS: Cy (100)
[18:00:17] VIEWERS: 1,234
[18:00:18] MOD: someone, somebody
[18:00:19] [Notification] 5 raiders from Eve have joined!
"""
    log = staged(tmp_path / "a", lines)
    assert said(log) == ["waves", "other"]
    assert events(log) == [("cheer", "100 bits"), ("raid", "eve with 5")]
    assert log.log.skipped == {"no chat": 6, "taken back": 2}


def test_eventsub_tells_notices_deletions_and_no_whispers(tmp_path: Path) -> None:
    def frame(kind: str, at: int, **event: Any) -> dict[str, Any]:
        event = {"broadcaster_user_id": "1", "broadcaster_user_login": "demo", **event}
        stamp = f"2026-01-31T18:00:{at:02}Z"
        metadata = {"message_type": "notification", "message_timestamp": stamp,
                    "subscription_type": kind}  # fmt: skip
        return {"metadata": metadata, "payload": {"event": event}}

    def chat(at: int, user: str) -> dict[str, Any]:
        return frame("channel.chat.message", at, chatter_user_login=user, message_id=f"id{at}",
                     message={"text": f"by {user}", "fragments": []})  # fmt: skip

    frames = [
        chat(1, "ann"), chat(2, "bob"), chat(3, "cy"),
        frame("channel.chat.message_delete", 4, message_id="id2"),
        frame("channel.chat.clear_user_messages", 5, target_user_login="cy"),
        frame("channel.chat.notification", 6, notice_type="raid", message_id="n",
              raid={"user_login": "eve", "viewer_count": 3}),
        frame("user.whisper.message", 7, from_user_login="ann", whisper={"text": "psst"}),
        frame("channel.update", 8, title="new", category_name="Chess"),
    ]  # fmt: skip
    log = staged(tmp_path / "a", "\n".join(orjson.dumps(one).decode() for one in frames))
    assert said(log) == ["by ann"]
    assert events(log) == [("raid", "eve with 3"), ("title", "new"), ("category", "Chess")]


def test_lines_of_a_frame_without_a_time_have_that_of_the_frame(tmp_path: Path) -> None:
    lines = (
        "2026-01-31_18:01:00 - :ann!ann@x PRIVMSG #demo :one\n:bob!bob@x PRIVMSG #demo :two\n\n"
        "2026-01-31_18:01:05 - :cy!cy@x PRIVMSG #demo :three\n"
    )
    table = pq.read_table(staged(tmp_path / "a", lines, "irc").table)
    assert [at - EPOCH for at in table["at"].to_pylist()] == [60, 60, 65]
