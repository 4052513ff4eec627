"""What EventSub says, as items: captured frames, hostile ones, and each kind of event."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.chat.message import Happening, Message
from pipeline.chat.oddities import Oddities
from pipeline.sources.eventsub.frames import Frame, epoch, parse
from pipeline.sources.eventsub.items import items
from pipeline.sources.eventsub.streams import Live, Streams

NOW = 1_795_000_000.0
CAPTURED = Path(os.environ.get("DLD_TEST_DATA", "/nowhere")) / "fixtures/eventsub_payloads.json"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
KINDS = (
    "channel.chat.message channel.chat.notification channel.chat.message_delete "
    "channel.chat.clear_user_messages channel.chat.clear channel.hype_train.begin "
    "channel.ad_break.begin x"
).split()
KEYS = (
    "message message_id cheer reply notice_type raid sub resub sub_gift community_sub_gift "
    "chatter_user_login target_user_login source_broadcaster_user_id level id"
).split()
EVENTS = st.dictionaries(st.sampled_from(KEYS), JSON)


def event(kind: str, **told: Any) -> Frame:
    return Frame("notification", "f1", NOW, kind, {"event": told})


@pytest.mark.skipif(not CAPTURED.is_file(), reason="needs captured frames: DLD_TEST_DATA")
def test_captured_frames_are_read() -> None:
    found = []
    for captured in json.loads(CAPTURED.read_text()):
        payload = captured["payload"]
        if "metadata" in payload:
            frame = parse(json.dumps(payload), NOW)
            assert frame is not None and frame.kind == payload["metadata"]["message_type"]
            found += items(frame, "demo")
    assert any(isinstance(item, Message) and item.text for item in found)


@settings(max_examples=300)
@given(st.sampled_from(KINDS), EVENTS)
def test_no_event_raises(kind: str, told: dict[str, Any]) -> None:
    items(event(kind, **told), "demo")


@settings(max_examples=200)
@given(JSON, st.binary(max_size=40))
def test_no_frame_raises(told: Any, junk: bytes) -> None:
    parse(junk, NOW)
    parse(json.dumps({"metadata": told, "payload": told}), NOW)
    parse(json.dumps({"metadata": {"message_type": told, "message_timestamp": told}}), NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-24T01:02:03.123456789Z", 1795482123.123456),
        ("2026-11-24T02:02:03+01:00", 1795482123.0),
        ("2026-11-24T01:02:03", None),  # no zone: nobody knows
        ("yesterday", None),
        ("9999-12-31T23:59:59.999999Z", None),
        (None, None),
    ],
)
def test_times_of_any_precision_are_read(text: str | None, seconds: float | None) -> None:
    assert epoch(text) == (None if seconds is None else pytest.approx(seconds, abs=1e-5))


def test_a_stamp_far_from_our_clock_is_that_of_arrival() -> None:
    meta = {"message_type": "session_keepalive", "message_timestamp": "2020-01-01T00:00:00Z"}
    frame = parse(json.dumps({"metadata": meta}), NOW)
    assert frame is not None and frame.at == NOW


def test_what_somebody_does_and_whom_they_answer_is_not_part_of_what_they_say() -> None:
    said = event(
        "channel.chat.message",
        message_id="m1",
        chatter_user_login="Ann",
        message={"text": "@Ben \x01", "fragments": []},
        reply={"parent_user_name": "Ben", "parent_user_login": "ben"},
    )
    assert items(said, "demo") == [Message("m1", "demo", NOW, "ann", "\x01", ())]
    acted = event(
        "channel.chat.message",
        message_id="m2",
        chatter_user_login="ann",
        message={"text": "\x01ACTION waves\x01"},
    )
    assert items(acted, "demo")[0] == Message("m2", "demo", NOW, "ann", "waves", ())


def test_gifts_of_many_are_one_and_name_nobody() -> None:
    many = event(
        "channel.chat.notification",
        message_id="n1",
        notice_type="community_sub_gift",
        chatter_user_login="ann",
        community_sub_gift={"total": 20, "sub_tier": "1000", "id": "g"},
    )
    one = event(
        "channel.chat.notification",
        message_id="n2",
        notice_type="sub_gift",
        sub_gift={"sub_tier": "1000", "community_gift_id": "g", "recipient_user_login": "bob"},
    )
    assert items(many, "demo") == [Happening("demo", NOW, "gift", "20 tier 1", "n1:gift")]
    assert items(one, "demo") == []


@pytest.mark.parametrize(
    ("notice", "more", "kind", "detail"),
    [
        ("raid", {"user_login": "other", "viewer_count": 4}, "raid", "other with 4"),
        ("unraid", {}, "unraid", ""),
        ("gift_paid_upgrade", {"gifter_user_login": "bob"}, "gift_paid_upgrade", ""),
        ("prime_paid_upgrade", {"sub_tier": "1000"}, "prime_paid_upgrade", "tier 1"),
        ("pay_it_forward", {"gifter_user_login": "bob"}, "pay_it_forward", ""),
        ("announcement", {"color": "PRIMARY"}, "announcement", ""),
        ("bits_badge_tier", {"tier": 1000}, "bits_badge_tier", "1000 bits"),
        (
            "charity_donation",
            {"amount": {"value": 1250, "decimal_places": 2, "currency": "USD"}},
            "charity_donation",
            "12.50 USD",
        ),
        ("watch_streak", {"streak_count": 3}, "watch_streak", "3 streams"),
    ],
)
def test_every_notice_is_an_event_that_names_nobody_and_what_was_said_with_it(
    notice: str, more: dict[str, Any], kind: str, detail: str
) -> None:
    told = event(
        "channel.chat.notification",
        message_id="n1",
        notice_type=notice,
        chatter_user_login="ann",
        message={"text": "well done"},
        **{notice: more},
    )
    assert items(told, "demo") == [
        Happening("demo", NOW, kind, detail, f"n1:{kind}"),
        Message("n1", "demo", NOW, "ann", "well done", ()),
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"notice_type": "raid", "raid": {"user_login": "o", "viewer_count": 10**300}},
        {"notice_type": "resub", "resub": {"cumulative_months": 1.5}},
        {"notice_type": "watch_streak", "watch_streak": {"streak_count": "9" * 5000}},
        {"notice_type": "unraid", "message_id": "9" * 4000},
        {"notice_type": "unraid", "message_id": 7},
    ],
)
def test_what_cannot_be_is_counted_and_left_out(told: dict[str, Any]) -> None:
    odd = Oddities()
    assert items(event("channel.chat.notification", **told), "demo", odd) == []
    assert odd.take() == 1


def test_a_copy_of_a_shared_chat_counts_where_it_was_said() -> None:
    told = {"notice_type": "shared_chat_announcement", "chatter_user_login": "ann"}
    words = {"message": {"text": "hi"}, "message_id": "n1"}
    assert items(event("channel.chat.notification", **told, **words), "demo") == []
    home = {"source_broadcaster_user_id": "7", "broadcaster_user_id": "7"}
    assert len(items(event("channel.chat.notification", **told, **words, **home), "demo")) == 2


def test_a_message_made_larger_is_a_message_and_an_event() -> None:
    said = {"text": "hi Kappa!", "fragments": [{"type": "emote", "text": "Kappa"}]}
    made = event("channel.chat.message", message=said, message_type="power_ups_gigantified_emote")
    told, bought = items(made, "demo")
    assert isinstance(told, Message) and told.emotes == ()  # cut out of a word
    assert isinstance(bought, Happening)
    assert (bought.kind, bought.detail) == ("power_up", "gigantified emote")


def test_bits_and_hype_trains_are_events() -> None:
    said = {"text": "Cheer100", "fragments": []}
    cheer = event("channel.chat.message", message_id="m1", message=said, cheer={"bits": 100})
    assert items(cheer, "demo")[1] == Happening("demo", NOW, "cheer", "100 bits", "m1:cheer")
    train = event("channel.hype_train.end", id="t1", level=3)
    [told] = items(train, "demo")
    assert told == Happening("demo", NOW, "hype_train", "ends at level 3", "t1:end")


@pytest.mark.parametrize(("seconds", "detail"), [(60, "60 s"), ("90", "90 s"), (0, ""), (None, "")])
def test_an_ad_break_tells_how_long_it_is_and_never_who_asked_for_it(
    seconds: object, detail: str
) -> None:
    began = "2026-11-30T20:00:00Z"
    frame = event(
        "channel.ad_break.begin", duration_seconds=seconds, started_at=began,
        is_automatic=False, requester_user_login="amoderator", requester_user_name="AModerator",
    )  # fmt: skip
    [told] = items(frame, "demo")
    assert told == Happening("demo", NOW, "ad_break", detail, f"demo:ad_break:{began}")
    assert items(frame, "demo") == [told], "told again it is the same one"


@pytest.mark.parametrize("seconds", [-1, "soon", 10**400, 7200, 1.5, [60]])
def test_an_ad_break_of_no_length_that_can_be_is_left_out_and_counted(seconds: object) -> None:
    odd = Oddities()
    frame = event("channel.ad_break.begin", duration_seconds=seconds, started_at="x")
    assert items(frame, "demo", odd) == []
    assert odd.malformed == 1


def test_a_stream_told_again_after_its_end_or_an_end_told_late_change_nothing() -> None:
    streams = Streams()
    first, second = Live("s1", NOW), Live("s2", NOW + 500)
    assert len(streams.began("demo", first)) == len(streams.ended("demo", NOW + 400)) == 1
    assert streams.began("demo", Live("s1", NOW + 450)) == []
    assert len(streams.began("demo", second)) == 1
    assert streams.ended("demo", NOW + 400) == []
    assert streams.listed({"demo": second}, ["demo"], NOW + 600) == []
    assert len(streams.ended("demo", NOW + 700)) == 1


@pytest.mark.parametrize("year", [1, 9999])
def test_a_stream_of_an_absurd_time_began_when_it_is_seen(year: int) -> None:
    began = epoch(f"{year:04d}-01-01T00:00:00Z")
    assert began is not None
    [told] = Streams().listed({"demo": Live("s1", began)}, ["demo"], NOW)
    assert told.at == NOW


def test_a_stream_told_by_two_is_told_once_and_ends_when_it_is_gone_for_good() -> None:
    streams, live = Streams(), Live("s1", NOW, "A title", "Chess")
    assert len(streams.listed({"demo": live}, ["demo"], NOW)) == 1
    assert streams.began("demo", live) == []
    assert streams.listed({}, ["demo"], NOW + 30) == []  # the list lags behind
    assert len(streams.listed({}, ["demo"], NOW + 60)) == 1
    assert streams.listed({"demo": live}, ["demo"], NOW + 90) == []  # it had ended
