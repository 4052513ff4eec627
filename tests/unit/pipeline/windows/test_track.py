"""Messages to windows: where they start, what counts, what silence is, and when they close."""

from math import sqrt

import pytest

from pipeline.chat.message import Heard, Item, Lost, StreamEnd
from pipeline.scoring.scored_message import ScoredMessage, message_key
from pipeline.scoring.scorer import make_scorer
from pipeline.windows.intake import Intake, Missed
from pipeline.windows.summary import Cell, Held
from pipeline.windows.track import Closed, Track
from tests.helpers.build import T, end, feed, intake, msg, start, watch
from warehouse.records import Window, utc

VADER = make_scorer("vader")


def windows(closed: list[Closed]) -> dict[float, Window]:
    """By start, seconds after T; a window twice is an error."""
    found = {c.window.start.timestamp() - T: c.window for c in closed}
    assert len(found) == len(closed)
    return found


def heard(at: float) -> Heard:
    return Heard("demo", T + at)


def told(*items: Item, now: float, grace_s: float = 5) -> dict[float, Window]:
    """The windows closed at `now` seconds after T."""
    target = intake(grace_s=grace_s)
    feed(target, *items)
    return windows(target.close(T + now))


def test_a_window_starts_at_a_multiple_of_thirty_seconds_of_the_epoch() -> None:
    found = told(start(17.9), watch(17.9), msg(17.9), msg(29.999), msg(30.0), now=65)
    assert sorted(found) == [0, 30]
    assert [w.start.timestamp() % 30 for w in found.values()] == [0, 0]
    assert [found[s].n_messages for s in (0, 30)] == [2, 1]


def test_a_window_closes_when_its_grace_is_over_and_not_before() -> None:
    target = intake()
    feed(target, start(), watch(), msg(1))
    assert target.close(T + 34.999) == []
    (closed,) = target.close(T + 35)
    assert closed.window.start == utc(T)
    assert target.close(T + 35) == []


def test_the_summary_of_a_window_is_exact() -> None:
    texts = ("great", "terrible", "hello", "great", "LUL")
    items = [msg(6 * k, text, f"u{k % 4}") for k, text in enumerate(texts)]
    w = told(start(), watch(), *items, msg(29, "!song"), heard(30), now=35)[0]
    g, t = 0.6249, -0.4767  # VADER's own
    mean = (g + t + 0 + g + 0) / 5
    assert w.mean_compound == pytest.approx(mean, abs=1e-15)
    squares = 2 * (g - mean) ** 2 + (t - mean) ** 2 + 2 * mean**2
    assert w.sd_compound == pytest.approx(sqrt(squares / 4), abs=1e-15)  # ddof 1
    assert (w.n_messages, w.n_chatters, w.n_filtered, w.n_late) == (5, 4, 1, 0)
    assert (w.share_positive, w.share_negative, w.share_scored, w.share_emote) == (
        2 / 5, 1 / 5, 3 / 5, 0.0,
    )  # fmt: skip
    assert w.sub_n == (1, 1, 1, 1, 1, 0)
    assert w.sub_mean == (g, t, 0.0, g, 0.0, None)
    assert (w.observed_s, w.stream_id, w.lexicon_version) == (30.0, "demo:1", "vader-3.3.2")


def test_one_message_has_no_spread_and_none_has_no_mean() -> None:
    found = told(start(), watch(), msg(1, "great"), heard(60), now=65)
    assert (found[0].mean_compound, found[0].sd_compound) == (0.6249, None)
    silent = found[30]
    assert (silent.n_messages, silent.mean_compound, silent.sd_compound) == (0, None, None)
    assert (silent.share_positive, silent.share_scored, silent.share_emote) == (None, None, None)
    assert (silent.sub_n, silent.sub_mean) == ((0,) * 6, (None,) * 6)


def test_chat_silence_and_not_observed_are_three_things() -> None:
    found = told(
        start(), watch(), msg(1), heard(70), Lost("demo", T + 80), watch(110), heard(150), now=155
    )
    said = {s: (w.n_messages, w.observed_s, w.mean_compound is None) for s, w in found.items()}
    assert said == {
        0: (1, 30.0, False),
        30: (0, 30.0, True),  # silence
        60: (0, 10.0, True),  # heard up to 70, joined again at 110
        90: (0, 10.0, True),
        120: (0, 30.0, True),
    }


def test_a_message_after_the_connection_was_lost_does_not_stretch_what_was_seen() -> None:
    found = told(start(), watch(), heard(10), Lost("demo", T + 12), msg(25), now=35)
    assert (found[0].n_messages, found[0].observed_s) == (1, 10.0)


def test_time_watched_twice_counts_once() -> None:
    found = told(start(), watch(), heard(20), watch(10), heard(25), watch(5), now=35)
    assert found[0].observed_s == 25.0


def test_messages_of_one_id_count_once() -> None:
    target = intake()
    feed(target, start(), watch(), msg(1, id="a"), msg(2, id="a"), msg(3, id="b"), msg(1, id="a"))
    assert windows(target.close(T + 35))[0].n_messages == 2
    assert (target.counts.messages, target.counts.duplicates) == (2, 2)


def test_imported_messages_without_an_id_all_count() -> None:
    assert told(start(), msg(1, id=""), msg(1, id=""), now=35)[0].n_messages == 2


# -- late messages ------------------------------------------------------------------------------


def test_a_late_message_makes_its_window_again() -> None:
    target = intake()
    feed(target, start(), watch(), msg(1, "great"), heard(31))
    first = windows(target.close(T + 35))[0]
    feed(target, msg(2, "terrible", "bob"))
    again = windows(target.close(T + 36))[0]
    assert (first.n_messages, first.n_late, first.mean_compound) == (1, 0, 0.6249)
    assert (again.n_messages, again.n_late, again.n_chatters) == (2, 1, 2)
    assert again.mean_compound == pytest.approx((0.6249 - 0.4767) / 2)
    assert (again.observed_s, again.stream_id) == (30.0, "demo:1")
    assert (target.counts.late, target.counts.dropped) == (1, 0)


def test_several_late_messages_make_a_window_again_once_a_turn() -> None:
    target = intake()
    feed(target, start(), msg(1))
    target.close(T + 65)
    feed(target, msg(2), msg(3), msg(31), msg(32))
    found = windows(target.close(T + 66))
    assert {s: (w.n_messages, w.n_late) for s, w in found.items()} == {0: (3, 2), 30: (2, 2)}


def test_a_window_is_held_until_a_minute_after_it_closed() -> None:
    target = intake()
    feed(target, start(), msg(1), msg(31), heard(94))
    target.close(T + 94.9)  # the first one closed at 35
    feed(target, msg(2))
    assert windows(target.close(T + 94.9))[0].n_messages == 2
    target.close(T + 95)
    feed(target, msg(3), msg(4, "!song"), msg(32))
    assert sorted(windows(target.close(T + 96))) == [30]
    assert target.missed == {("demo", T): Missed(messages=1, filtered=1)}
    assert target.counts.late == 2


def test_a_held_window_comes_back_as_it_was_and_takes_little_memory() -> None:
    lines = [
        ScoredMessage(T + k, k, f"text {k}", VADER.score(f"great day {k}"), message_key(f"id {k}"))
        for k in range(300)
    ]
    held = Held(Cell(list(lines), 2, 3), told(start(), msg(1), now=35)[0])
    assert len(held._packed) < 75 * len(lines)
    assert held.cell == Cell(lines, 2, 3)
    assert held.cell is held.cell


def test_a_late_message_after_the_stream_does_not_silence_what_was_chat() -> None:
    target = intake()
    feed(target, start(), msg(1), end(1200))
    target.close(T + 1300)
    feed(target, msg(2))  # twenty minutes late: its window is long gone
    feed(target, msg(3000))
    found = windows(target.close(T + 3035))
    assert sorted(found) == [3000]
    assert target.missed == {("demo", T): Missed(messages=1)}


def test_a_late_message_after_the_stream_still_counts_while_its_window_is_held() -> None:
    target = intake()
    feed(target, start(), msg(1), end(30))
    target.close(T + 90)
    feed(target, msg(2))
    assert windows(target.close(T + 91))[0].n_messages == 2


# -- streams and sessions -----------------------------------------------------------------------


def test_the_source_says_what_a_stream_is() -> None:
    found = told(start(0, "one"), msg(1), end(60), start(90, "two"), msg(91), end(120), now=400)
    assert {s: w.stream_id for s, w in found.items()} == {0: "one", 30: "one", 90: "two"}


def test_an_end_on_a_window_boundary_opens_no_further_window() -> None:
    assert sorted(told(start(), end(60), now=300)) == [0, 30]
    assert sorted(told(start(), end(60.001), now=300)) == [0, 30, 60]


def test_a_window_two_streams_share_belongs_to_the_later_one() -> None:
    found = told(start(0, "one"), msg(1), end(40), start(50, "two"), msg(35), msg(55), now=65)
    assert (found[30].stream_id, found[30].n_messages) == ("two", 2)


def test_a_stream_that_starts_ends_the_one_before() -> None:
    target = intake()
    feed(target, start(0, "one"), start(60, "two"))
    told = {s.stream_id: s.ended_at for s in target.tracks["demo"].told.values()}
    assert told == {"one": T + 60, "two": None}


def test_an_end_that_is_told_late_does_not_end_the_stream_that_followed() -> None:
    target = intake()
    feed(target, start(0, "one"), start(60, "two"), end(50))
    assert target.tracks["demo"].on


def test_the_same_start_told_twice_is_one_stream() -> None:
    target = intake()
    feed(target, start(), msg(1), start())
    assert len(target.tracks["demo"].streams) == 1


def test_a_stream_that_we_left_goes_on_when_it_is_told_again() -> None:
    left = StreamEnd("demo", T + 30, left=True)
    found = told(start(), msg(1), left, start(), msg(61), now=95)
    assert {s: w.stream_id for s, w in found.items()} == dict.fromkeys((0, 30, 60), "demo:1")


@pytest.mark.parametrize("again", [0, 7, 50, 95])
def test_a_stream_told_again_at_any_time_is_as_it_was_told_first(again: float) -> None:
    once = [start(), msg(1), end(40), start(90, "two"), msg(91), end(150)]
    twice = [
        start(), start(again), msg(1), msg(1), end(40), end(80), start(again), end(40),
        start(90, "two"), end(40), start(again), start(120, "two"), msg(91), end(150),
        start(again), end(150), start(130, "two"),
    ]  # fmt: skip
    found = []
    for items in (once, twice):
        target = intake()
        feed(target, *items)
        found.append((windows(target.close(T + 400)), target.tracks["demo"].told))
    assert found[0] == found[1]


def test_streams_told_in_another_order_are_the_same_streams() -> None:
    target = intake()
    feed(target, start(60, "two"), start(0, "one"), end(50), msg(1), msg(61))
    told = {
        s.stream_id: (s.started_at - T, s.ended_at) for s in target.tracks["demo"].told.values()
    }
    assert told == {"one": (0, T + 50), "two": (60, None)}


def test_a_watch_or_a_loss_told_twice_is_one() -> None:
    once = [start(), watch(), heard(20), Lost("demo", T + 22), watch(26), heard(40)]
    twice = [
        start(), watch(), watch(1), heard(20), watch(3), Lost("demo", T + 22), Lost("demo", T + 24),
        watch(26), Lost("demo", T + 23), watch(27), heard(40), heard(30),
    ]  # fmt: skip
    assert told(*once, now=65) == told(*twice, now=65)
    assert told(*once, now=65)[0].observed_s == 24.0


def test_where_nobody_says_so_a_session_ends_after_thirty_minutes_of_silence() -> None:
    target = intake()
    feed(target, watch(), msg(10), msg(1810))
    target.close(T + 1810)
    assert [s.stream_id for s in target.tracks["demo"].streams] == ["demo:20260101T120000"]
    target.close(T + 1810 + 1800)
    assert target.tracks["demo"].on
    target.close(T + 1810 + 1800.5)
    assert target.tracks["demo"].stream is not None
    assert target.tracks["demo"].stream.ended_at == T + 1830
    feed(target, msg(4000))
    assert windows(target.close(T + 4035))[3990].stream_id == "demo:20260101T130630"


def test_a_said_stream_outlives_silence_of_an_hour_but_not_of_a_day() -> None:
    target = intake()
    feed(target, start(), msg(1))
    target.close(T + 3600)
    assert target.tracks["demo"].on
    target.close(T + 86402)
    assert not target.tracks["demo"].on


def test_a_stream_ends_before_a_pause_that_the_next_one_came_after() -> None:
    """Nobody closed a window meanwhile: of weeks there would be fifty thousand unseen ones."""
    target, later = intake(), 20 * 86400
    feed(target, start(), watch(), msg(1))
    feed(target, start(later, "demo:2"), msg(later + 1))
    made = windows(target.close(T + later + 65))
    assert [(at, made[at].stream_id) for at in sorted(made)] == [
        (0, "demo:1"), (later, "demo:2"), (later + 30, "demo:2"),
    ]  # fmt: skip


def test_a_channel_that_is_offline_and_silent_has_no_windows() -> None:
    assert told(watch(), heard(300), msg(10, "!song"), now=335) == {}


def test_chat_after_the_end_is_a_session_however_long_the_turns_are() -> None:
    said = [start(), watch(), msg(1), end(60), msg(70, "great"), msg(400, "great")]
    items = sorted([*said, *map(heard, range(1, 456))], key=lambda item: item.at)
    at_once = told(*items, now=455)
    target = intake()
    slowly: dict[float, Window] = {}
    for second in range(456):
        feed(target, *(item for item in items if second <= item.at - T < second + 1))
        slowly.update(windows(target.close(T + second)))
    assert at_once == slowly
    assert {at_once[s].stream_id for s in (60, 390)} == {"demo:20260101T120100"}
    assert sum(w.n_messages for w in at_once.values()) == 3


def test_chat_between_two_streams_of_one_turn_is_a_session_of_its_own() -> None:
    found = told(start(0, "one"), msg(1), end(30), msg(100), start(200, "two"), msg(201), now=240)
    names = {s: w.stream_id for s, w in found.items()}
    session = "demo:20260101T120130"
    assert names == {0: "one", 90: session, 120: session, 150: session, 180: "two"}


def test_every_stream_of_one_turn_is_told_of() -> None:
    target = intake()
    for k in range(5):
        feed(target, start(100 * k, f"s{k}"), msg(100 * k + 1), end(100 * k + 30))
    found = windows(target.close(T + 1000))
    assert sum(w.n_messages for w in found.values()) == 5
    assert {w.stream_id for w in found.values()} == set(target.tracks["demo"].told)
    assert all(s.ended_at for s in target.tracks["demo"].told.values())


def test_a_start_told_late_leaves_closed_windows_alone() -> None:
    target = intake()
    feed(target, watch(), msg(1), msg(2))
    target.close(T + 4000)  # the session is over
    feed(target, start(-600, "said"))
    assert sorted(windows(target.close(T + 4001))) == list(range(30, 3990, 30))


# -- clocks that are wrong ----------------------------------------------------------------------


def test_a_clock_that_steps_back_closes_nothing_twice() -> None:
    target = intake()
    feed(target, start(), watch(), msg(1))
    assert len(target.close(T + 35)) == 1
    assert target.close(T + 20) == []
    feed(target, msg(31))
    assert sorted(windows(target.close(T + 65))) == [30]


def test_a_clock_that_leaps_a_year_ends_the_stream_instead_of_filling_it() -> None:
    target = intake()
    feed(target, start(), watch(), msg(1))
    assert sorted(windows(target.close(T + 365 * 86400))) == [0]


def test_a_clock_that_comes_back_from_the_future_closes_the_same_windows_again() -> None:
    target = intake()
    feed(target, start(), watch(), msg(1), heard(10))
    target.close(T + 7200)
    target.turn_back(T + 10)
    feed(target, msg(12, "great"), heard(70))
    found = windows(target.close(T + 65))
    assert {s: (w.n_messages, w.observed_s) for s, w in found.items()} == {
        0: (1, 30.0),
        30: (0, 30.0),
    }


def test_a_track_keeps_what_it_needs_and_no_more() -> None:
    target: Intake = intake()
    feed(target, start(), watch())
    for k in range(500):
        feed(target, msg(30 * k), Lost("demo", T + 30 * k + 1), watch(30 * k + 2))
        target.close(T + 30 * k + 35)
    track: Track = target.tracks["demo"]
    assert (len(track.done), len(track.streams)) == (2, 1)
    assert len(track.cells) <= 1
    assert len(track.seen) <= 4


def test_of_a_stream_that_had_begun_before_it_was_seen_only_the_rest_has_windows() -> None:
    target = intake()
    feed(target, watch(3600), start(0), msg(3605), msg(3640))
    found = windows(target.close(T + 3690))
    assert sorted(found) == [3600, 3630]
    assert target.tracks["demo"].streams[-1].started_at == T
