"""IRC lines: what well-known clients read in them is what we read; no line raises."""

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chat.message import Happening, Message, Retract
from pipeline.chat.oddities import Oddities
from pipeline.sources.irc.items import items
from pipeline.sources.irc.lines import LONGEST, Frames, IrcLine, parse

NOW = 1_800_000_000.0
MS = f"tmi-sent-ts={int(NOW * 1000)}"
TAGS = f"@id=a1;room-id=7;{MS};emotes=25:0-4,12-16"
RAW = f"{TAGS} :ann!ann@ann.tmi.twitch.tv PRIVMSG #Demo :Kappa hello Kappa"


@pytest.fixture(scope="module")
def captured() -> list[dict[str, Any]]:
    path = Path(os.environ.get("DLD_TEST_DATA", "/nonexistent")) / "fixtures" / "irc_lines.jsonl"
    if not path.is_file():
        pytest.skip("needs captured lines: DLD_TEST_DATA")
    return [json.loads(line) for line in path.read_text().splitlines()]


def said(line: IrcLine) -> str:
    """The text as the items have it: suites leave out the name a reply begins with, too."""
    text = line.params[-1] if len(line.params) > 1 else ""
    found = [item.text for item in items(line, NOW) if isinstance(item, Message)]
    return found[-1] if found and line.command == "PRIVMSG" else text


@pytest.mark.data
def test_every_captured_line_is_read_as_its_own_suite_or_two_clients_say(
    captured: list[dict[str, Any]],
) -> None:
    compared = 0
    for row in captured:
        line = parse(row["raw"])
        assert line is not None and line.command == row["command"].upper(), row["name"]
        stated, agreed = row["expected"] or {}, _agreed(row["parsed_by"])
        for name, found in (
            ("channelName", line.channel), ("messageText", said(line)),
            ("loginName", line.nick or line.tags.get("login", "")), ("id", line.tags.get("id")),
            ("userID", line.tags.get("user-id")),
        ):  # fmt: skip
            # a suite states what is shown: of an announcement that is the client's own words
            shown = line.command != "PRIVMSG" and name == "messageText"
            wanted = {_plain(e[name]) for e in (stated, agreed) if e.get(name)}
            if wanted and not shown:
                compared += 1
                assert _plain(found) in wanted, (row["name"], name)
    assert compared > 200


def _plain(text: str | None) -> str:
    return (text or "").strip("\x01 ").removeprefix("ACTION ").lower()


def _agreed(parsed_by: dict[str, Any]) -> dict[str, str]:
    """What both clients say, by the names of the suites."""
    both = [found or {} for found in parsed_by.values()]
    names = {"channelName": "channel", "messageText": "text", "loginName": "login", "id": "id"}
    return {
        name: str(both[0][key])
        for name, key in names.items()
        if len(both) == 2 and both[0].get(key) and _plain(both[0][key]) == _plain(both[1].get(key))
    }


@pytest.mark.data
def test_no_mutation_of_a_captured_line_raises(captured: list[dict[str, Any]]) -> None:
    chance, frames = random.Random(7), Frames()
    for _ in range(20_000):
        text = list(chance.choice(captured)["raw"])
        for _ in range(chance.randint(1, 6)):
            text[chance.randrange(len(text))] = chance.choice("@:;= \\\r\n\0#,!-/\ud800é😂")
        for line in frames.lines("".join(text) + chance.choice(["", "\r\n"])):
            read(line)


def read(raw: str) -> list[Any]:
    line = parse(raw)
    return items(line, NOW) if line else []


@settings(max_examples=400)
@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    read(text)
    read(f"@{text} :a!a@a PRIVMSG #demo :{text}")
    read(f"@{MS};emotes={text} :a!a@a PRIVMSG #demo :{text}")


@pytest.mark.parametrize("raw", ["", " ", "@", ":", "@a=b", ":x", "@a=b :c", "!!", "@a=b ?? #x :y"])
def test_what_is_no_line_is_none(raw: str) -> None:
    assert parse(raw) is None


def test_a_message_has_its_id_its_time_and_its_emotes() -> None:
    assert read(RAW) == [Message("a1", "demo", NOW, "ann", "Kappa hello Kappa", ("Kappa", "Kappa"))]


def test_tags_are_unescaped() -> None:
    line = parse(r"@a=x\sy\:z\\;b=\r\n;c=odd\q;d=end\;e;=x PING :t")
    assert line is not None
    assert line.tags == {"a": "x y;z\\", "b": "\r\n", "c": "oddq", "d": "end", "e": ""}


def test_offsets_of_emotes_count_code_points() -> None:
    raw = f"@{MS};emotes=25:3-7 :a!a@a PRIVMSG #demo :😂é Kappa"
    assert read(raw)[0].emotes == ("Kappa",)


@pytest.mark.parametrize("tag", ["25:9-2", "25:0-999", "25:a-b", "25", ":-", "25:0-", "²:²-²"])
def test_a_range_that_is_none_marks_nothing(tag: str) -> None:
    assert read(f"@{MS};emotes={tag} :a!a@a PRIVMSG #demo :Kappa")[0].emotes == ()


@pytest.mark.parametrize(
    ("text", "at", "marked"),
    [
        ("Kappa", "0-4", ("Kappa",)),
        ("hi Kappa!", "3-7", ()),  # within a word
        ("\U0001f602\U0001f602 so Kappa it", "8-12", ()),  # counted in UTF-16: two too far
        ("a Kappa b", "0-6", ()),  # two words are no emote
        ("x <3", "2-3", ("<3",)),
    ],
)
def test_a_range_that_is_no_word_between_blanks_cuts_none(
    text: str, at: str, marked: tuple[str, ...]
) -> None:
    assert read(f"@{MS};emotes=25:{at} :a!a@a PRIVMSG #demo :{text}")[0].emotes == marked


def test_what_somebody_does_is_said_without_its_wrapping() -> None:
    raw = f"@{MS};emotes=25:6-10 :a!a@a PRIVMSG #demo :\x01ACTION waves Kappa\x01"
    assert (read(raw)[0].text, read(raw)[0].emotes) == ("waves Kappa", ("Kappa",))


def test_a_reply_is_what_was_said_without_whom_it_answers() -> None:
    raw = f"@{MS};reply-parent-display-name=Ben :a!a@a PRIVMSG #demo :@Ben you are right"
    assert read(raw)[0].text == "you are right"


def test_a_copy_of_a_shared_chat_counts_where_it_was_said() -> None:
    tags = f"@{MS};room-id=7;source-room-id=8"
    assert read(f"{tags} :a!a@a PRIVMSG #demo :hello") == []
    assert len(read(f"@{MS};room-id=7;source-room-id=7 :a!a@a PRIVMSG #demo :hello")) == 1


@pytest.mark.parametrize("ts", ["", "x", "0", "-5", "1" * 400, "1500000000000"])
def test_an_absurd_time_is_that_of_arrival(ts: str) -> None:
    assert read(f"@tmi-sent-ts={ts} :a!a@a PRIVMSG #demo :hello")[0].at == NOW


def test_a_resub_is_an_event_and_what_was_said_with_it() -> None:
    raw = (
        f"@id=e1;login=ann;msg-id=resub;{MS};msg-param-sub-plan=1000;"
        "msg-param-cumulative-months=12 :tmi.twitch.tv USERNOTICE #demo :great stream"
    )
    assert read(raw) == [
        Happening("demo", NOW, "sub", "tier 1 12 months", "e1:sub"),
        Message("e1", "demo", NOW, "ann", "great stream", ()),
    ]


def test_gifts_of_many_are_one_and_name_nobody() -> None:
    many = (
        f"@id=e1;login=ann;msg-id=submysterygift;{MS};msg-param-mass-gift-count=20;"
        "msg-param-sub-plan=1000;msg-param-community-gift-id=9 :tmi.twitch.tv USERNOTICE #demo"
    )
    one = f"@id=e2;msg-id=subgift;{MS};msg-param-community-gift-id=9 :t USERNOTICE #demo"
    assert read(many) == [Happening("demo", NOW, "gift", "20 tier 1", "e1:gift")]
    assert read(one) == []


def test_a_raid_names_the_channel_it_comes_from() -> None:
    tags = f"@id=e1;msg-id=raid;{MS};msg-param-login=other;msg-param-viewerCount=42"
    assert read(f"{tags} :t USERNOTICE #demo") == [
        Happening("demo", NOW, "raid", "other with 42", "e1:raid")
    ]


NOTICES = [
    ("giftpaidupgrade;msg-param-sender-login=bob", "gift_paid_upgrade", ""),
    ("anongiftpaidupgrade", "gift_paid_upgrade", ""),
    ("primepaidupgrade;msg-param-sub-plan=1000", "prime_paid_upgrade", "tier 1"),
    ("standardpayforward;msg-param-recipient-user-name=bob", "pay_it_forward", ""),
    ("communitypayforward;msg-param-prior-gifter-user-name=bob", "pay_it_forward", ""),
    ("unraid", "unraid", ""),
    ("announcement;msg-param-color=PRIMARY", "announcement", ""),
    ("bitsbadgetier;msg-param-threshold=1000", "bits_badge_tier", "1000 bits"),
    (
        "charitydonation;msg-param-donation-amount=1250;msg-param-exponent=2;"
        "msg-param-donation-currency=USD;msg-param-charity-name=Trees", "charity_donation",
        "12.50 USD",
    ),
    ("viewermilestone;msg-param-category=watch-streak;msg-param-value=3", "watch_streak",
     "3 streams"),
    ("onetapstreakstarted;msg-param-gift-id=heart", "combo", "begins"),
    ("onetapgiftredeemed;msg-param-bits-spent=5;msg-param-user-display-name=Ann", "combo",
     "5 bits"),
    ("onetapbreakpointachieved;msg-param-breakpoint-number=2", "combo", "reaches level 2"),
    ("onetapstreakexpired;msg-param-streak-size-bits=500;msg-param-contributor-1=Ann", "combo",
     "ends at 500 bits"),
    ("sharedchatnotice;source-msg-id=unraid;source-room-id=7", "unraid", ""),
]  # fmt: skip


@pytest.mark.parametrize(("notice", "kind", "detail"), NOTICES)
def test_every_notice_is_an_event_that_names_nobody_and_what_was_said_with_it(
    notice: str, kind: str, detail: str
) -> None:
    raw = f"@id=e1;login=ann;room-id=7;{MS};msg-id={notice} :tmi.twitch.tv USERNOTICE #demo"
    event = Happening("demo", NOW, kind, detail, f"e1:{kind}")
    assert read(raw) == [event]
    assert read(f"{raw} :well done") == [event, Message("e1", "demo", NOW, "ann", "well done", ())]


def test_a_notice_of_an_unknown_kind_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    odd, line = Oddities(), parse(f"@id=e1;msg-id=newthing;{MS} :t USERNOTICE #demo")
    assert line is not None
    assert items(line, NOW, odd) == items(line, NOW, odd) == []
    assert [r.getMessage() for r in caplog.records] == [
        "a notice of an unknown kind is left out: newthing"
    ]


@pytest.mark.parametrize(
    ("msg_id", "detail"),
    [("gigantified-emote-message", "gigantified emote"), ("animated-message", "animated message")],
)
def test_a_message_made_larger_is_a_message_and_an_event(msg_id: str, detail: str) -> None:
    said, bought = read(f"@id=a1;msg-id={msg_id};{MS} :a!a@a PRIVMSG #demo :Kappa")
    assert (said.text, bought.kind, bought.detail) == ("Kappa", "power_up", detail)


MANY = "9" * 5000
HOSTILE = [
    (f"@id=a1;tmi-sent-ts={MANY} :a!a@a PRIVMSG #demo :hi", ["hi"]),
    (f"@id=a1;{MS};emotes=25:{MANY}-{MANY},0-1 :a!a@a PRIVMSG #demo :hi", ["hi"]),
    (f"@id=a1;{MS};bits={MANY} :a!a@a PRIVMSG #demo :hi", ["hi"]),
    (f"@id=a1;{MS};bits=\u0661\u0662 :a!a@a PRIVMSG #demo :hi", ["hi"]),  # Arabic digits
    (f"@id={MANY};{MS} :a!a@a PRIVMSG #demo :hi", []),
    (f"@id=a\x00b;{MS} :a!a@a PRIVMSG #demo :hi", []),
    (f"@id=a1;{MS};msg-id=raid;msg-param-login=o;msg-param-viewerCount=1{'0' * 300}"
     " :t USERNOTICE #demo", []),
    (f"@id=a1;{MS};msg-id=raid;msg-param-login={'o' * 4000} :t USERNOTICE #demo", []),
    (f"@id=a1;{MS};msg-id=resub;login=ann;msg-param-cumulative-months={MANY}"
     " :t USERNOTICE #demo :hi", ["hi"]),
    (f"@id=a1;{MS};msg-id=submysterygift;msg-param-mass-gift-count=NaN :t USERNOTICE #demo", []),
    (f"@target-msg-id={MANY};{MS} :t CLEARMSG #demo :gone", []),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "said"), HOSTILE)
def test_what_cannot_be_is_counted_and_left_out_and_the_rest_is_told(
    raw: str, said: list[str]
) -> None:
    odd, line = Oddities(), parse(raw)
    assert line is not None
    found = items(line, NOW, odd)
    assert [i.text for i in found if isinstance(i, Message)] == said
    assert len(found) == len(said) and odd.take() >= 1


def test_a_fault_of_ours_costs_a_line_and_is_told_without_what_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def read(text: str) -> list[str]:
        raise KeyError(text)

    odd = Oddities()
    assert odd.sound(read, "secret words") == odd.sound(read, "others") == []
    assert odd.take() == 2 and odd.take() == 0
    [said] = [record.getMessage() for record in caplog.records]
    assert "KeyError in read" in said and "secret" not in said


def test_bits_are_a_cheer() -> None:
    raw = f"@id=a1;bits=100;{MS} :a!a@a PRIVMSG #demo :Cheer100 nice"
    assert read(raw)[1] == Happening("demo", NOW, "cheer", "100 bits", "a1:cheer")


@pytest.mark.parametrize(
    ("raw", "back"),
    [
        (f"@target-msg-id=a1;login=ann;{MS} :t CLEARMSG #demo :gone", {"message_id": "a1"}),
        (f"@ban-duration=600;{MS} :t CLEARCHAT #demo :Ann", {"chatter": "ann"}),
        (f"@{MS} :t CLEARCHAT #demo", {}),
    ],
)
def test_what_is_deleted_is_taken_back(raw: str, back: dict[str, str]) -> None:
    assert read(raw) == [Retract("demo", NOW, **back)]


def test_a_deletion_that_names_no_message_takes_nothing_back() -> None:
    assert read(f"@login=ann;{MS} :t CLEARMSG #demo :gone") == []
    assert read(f"@{MS};room-id=7;source-room-id=8 :t CLEARCHAT #demo") == []


def test_frames_hold_several_lines_or_half_of_one() -> None:
    frames = Frames()
    assert list(frames.lines("PING :a\r\nPING :b\r\nPI")) == ["PING :a", "PING :b"]
    assert list(frames.lines("NG :c\r\n\r\n")) == ["PING :c"]
    smile = "PRIVMSG #a :😂\r\n".encode()
    assert list(frames.lines(smile[:14])) == []
    assert list(frames.lines(smile[14:])) == ["PRIVMSG #a :😂"]
    assert list(frames.lines(b"PRIVMSG #a :\xff\r\n")) == ["PRIVMSG #a :\ufffd"]


def test_a_line_without_an_end_is_thrown_away() -> None:
    frames = Frames()
    assert list(frames.lines("x" * (LONGEST + 1))) == []
    assert list(frames.lines("PING :a\r\n")) == ["PING :a"]
