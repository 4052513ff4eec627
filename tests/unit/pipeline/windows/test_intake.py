"""From what a source says to counts: duplicates, filters, privacy, broken text."""

from dataclasses import replace

import pytest

from pipeline.chat.message import Happening, Heard, Lost, Message, StreamStart
from pipeline.privacy.hashing import Hasher
from pipeline.windows.intake import happenings, whole
from tests.helpers.build import SALT, T, end, feed, intake, msg, start


def test_the_compound_of_a_message_comes_back_and_none_for_a_duplicate() -> None:
    target = intake()
    assert target.take(msg(1, "great", id="a")) == 0.6249
    assert target.take(msg(1, "great", id="a")) is None
    assert target.take(msg(1, "!song", id="b")) == 0.0
    assert target.take(Heard("demo", T)) == 0.0


def test_bots_and_commands_are_counted_apart() -> None:
    target = intake()
    feed(target, start(), msg(1), msg(2, "!song"), msg(3, chatter="NightBot"), msg(4, bot=True))
    assert (target.counts.messages, target.counts.filtered) == (1, 3)


def test_ids_are_remembered_over_a_hundred_thousand_messages_but_not_for_ever() -> None:
    target = intake()
    feed(target, start(), msg(0, "!x", id="first"))
    for k in range(150_000):
        target._ids.add(hash(f"id{k}"))
    assert target.take(msg(0, "!x", id="first")) is None
    for k in range(150_000, 250_000):
        target._ids.add(hash(f"id{k}"))
    assert target.take(msg(0, "!x", id="first")) is not None


def test_what_may_be_kept_of_a_message_names_nobody() -> None:
    target = intake()
    kept = target.anonymous(msg(1, chatter="StreamElements"))
    assert (kept.chatter, kept.bot) == (str(Hasher(SALT).of("streamelements")), True)
    assert target.anonymous(msg(1, chatter="")).chatter == "0"


def test_a_message_from_the_buffer_counts_like_the_one_it_was() -> None:
    fresh, again = intake(), intake()
    items = [msg(1, "great"), msg(2, "hello", "Bob"), msg(3, "hi", "nightbot"), msg(4, "", "")]
    feed(fresh, start(), *items)
    again.take(start())
    for item in items:
        again.take(fresh.anonymous(item), hashed=True)
    assert fresh.close(T + 35) == again.close(T + 35)
    assert fresh.counts == again.counts


def test_a_login_is_no_term_after_a_restart_either() -> None:
    first = intake()
    kept = [first.anonymous(msg(k, f"hey {n}", n)) for k, n in enumerate(("ann", "bob", "zoe"))]
    target = intake()
    for message in kept:
        target.take(message, hashed=True)
    assert target.gate.without_names("Ann and zoe!") == "@… and @…!"


def test_whoever_chatted_or_streams_is_a_name_where_somebody_speaks_to_them() -> None:
    target = intake("full")
    feed(target, start(), msg(1, "great", "Pain"))
    silent = target.take(msg(2, "hi bob", "ann"))
    assert target.take(msg(3, "hi pain", "ann")) == silent
    unknown = target.take(msg(6, "hi misery", "ann"))
    assert unknown is not None and silent is not None and unknown < silent


def test_a_channels_own_name_is_no_word_there() -> None:
    target = intake("full")
    here, elsewhere = [replace(msg(k, "hi pain"), channel=c) for k, c in enumerate(("pain", "x"))]
    assert target.take(here) == target.take(msg(8, "hi bob"))
    assert target.take(elsewhere) < 0


def test_lone_surrogates_become_what_a_file_can_hold() -> None:
    broken = Message("i\ud800", "demo", T, "ann", "a\udfffb", ("x\ud800", "LUL"))
    fixed = whole(broken)
    assert (fixed.id, fixed.text, fixed.emotes) == ("i\ufffd", "a\ufffdb", ("x\ufffd", "LUL"))
    stream = whole(StreamStart("demo", T, "s", "t\ud800"))
    assert isinstance(stream, StreamStart)
    assert stream.title == "t\ufffd"
    assert whole(Happening("demo", T, "raid", "\ud800")).detail == "\ufffd"


@pytest.mark.parametrize(
    "item", [msg(1), msg(1, "ünï 👍🏽", emotes=("LUL",)), start(), Heard("demo", T)]
)
def test_what_is_whole_stays_as_it_is(item: Message) -> None:
    assert whole(item) == item


def test_a_lost_connection_is_an_event_too() -> None:
    raid = Happening("demo", T, "raid", "other")
    assert happenings([raid, msg(1), Lost("demo", T + 5)]) == [
        raid, Happening("demo", T + 5, "connection_lost"),
    ]  # fmt: skip


def test_a_drained_intake_has_closed_every_window() -> None:
    target = intake(grace_s=0)
    feed(target, start(), msg(1), msg(95), end(100))
    assert [c.window.start.timestamp() - T for c in target.drain()] == [0, 30, 60, 90]
    assert target.drain() == []
