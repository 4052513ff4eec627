"""Moments of running streams: told once, while they last, and there again after a restart."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from pipeline.serving.live_moments import SPAN, LiveMoment, LiveMoments, kept
from pipeline.windows.track import Closed
from tests.helpers.build import T, intake, put, term_row, window
from warehouse.errors import BadInput
from warehouse.records import Window, utc
from warehouse.store.foreign_rows import refuse_meta
from warehouse.store.store import Store


@pytest.fixture
def live(store: Store) -> LiveMoments:
    return LiveMoments(store, intake().gate, lambda channel: "42")


def calm(first: int, last: int, **more: object) -> list[Window]:
    """Windows `first` to `last` of a stream in which nothing happens."""
    return [window(30 * k, 9 + 2 * (k % 2), 0.1, **more) for k in range(first, last)]


def burst(place: int, n: int = 110, **more: object) -> Window:
    """A window whose chat begins to laugh ten seconds after it began."""
    sub_n = [2, 3, n - 5, 0, 0, 0]
    return window(30 * place, n, 0.3, **{"n_laughs": 50, "sub_n": sub_n, **more})


def told(live: LiveMoments, windows: Iterable[Window]) -> list[LiveMoment]:
    """What is told as the windows close."""
    return [m for m in (live.saw(Closed(w, ())) for w in windows) if m]


def test_a_burst_is_told_when_its_first_window_closes(live: LiveMoments) -> None:
    assert told(live, calm(0, 40)) == []
    (moment,) = told(live, [burst(40)])
    assert moment.at == utc(T + 1210), "to five seconds"
    assert (moment.found_at, moment.channel_id) == (utc(T + 1230), "42")
    assert (moment.times, moment.basis, moment.stream_id) == (10.0, "words", "demo:1")
    assert moment.before == pytest.approx(0.1)
    assert moment.mood == pytest.approx(0.3)


def test_what_grows_out_of_a_moment_is_part_of_it(live: LiveMoments) -> None:
    windows = [*calm(0, 40), *(burst(40 + k, 110 + 30 * k) for k in range(5)), *calm(45, 46)]
    (moment,) = told(live, [*windows, burst(46)])
    assert moment.at == utc(T + 1210)
    assert live.last("demo", "demo:1") == moment
    (next_one,) = told(live, [*calm(47, 67), burst(67)])
    assert live.last("demo", "demo:1") == next_one


def test_neither_silence_nor_a_turn_of_the_mood_is_told(live: LiveMoments) -> None:
    assert told(live, calm(0, 60)) == []
    assert told(live, (window(30 * k, 10, 0.9) for k in range(60, 90))) == []
    assert told(live, (window(30 * k, 0, None) for k in range(90, 120))) == []


def test_it_names_the_terms_stored_and_those_about_to_be(live: LiveMoments, store: Store) -> None:
    put(store, window_terms=[term_row(30 * k, "hello", n=3) for k in range(0, 40, 2)])
    put(store, window_terms=[term_row(1200, "KEKW", n=43, kind="emote")])
    (moment,) = told(live, [*calm(0, 40), burst(40)])
    assert (moment.term, moment.n) == ("KEKW", 43)
    assert moment.text == "KEKW x 43, 10 times as busy"


def test_where_no_term_may_be_named_it_says_how_busy_chat_was(live: LiveMoments) -> None:
    (moment,) = told(live, [*calm(0, 40), burst(40, n_laughs=0, mean_compound=0.1)])
    assert (moment.term, moment.n, moment.text) == (None, 0, "Burst of chat, 10 times as busy")


def test_another_stream_begins_anew(live: LiveMoments) -> None:
    told(live, [*calm(0, 40), burst(40)])
    assert told(live, [*calm(41, 45, stream_id="demo:2")]) == []
    assert live.last("demo", "demo:2") is None
    assert live.last("demo", "demo:1") is None


def test_moods_of_another_basis_are_not_compared(live: LiveMoments) -> None:
    by_words = [window(30 * k, 10, -0.9) for k in range(20)]
    (moment,) = told(live, [*by_words, *calm(20, 40, basis="emotes"), burst(40)])
    assert moment.basis == "words"
    assert moment.before == pytest.approx(-0.9)


def test_windows_made_again_are_what_is_usual(live: LiveMoments) -> None:
    told(live, calm(0, 40))
    for k in range(40):
        live.replace(window(30 * k, 90, 0.1, n_laughs=50))
    assert told(live, [burst(40)]) == []


def test_after_a_restart_it_is_there_again_and_not_told_again(
    live: LiveMoments, store: Store
) -> None:
    before = [*calm(0, 40), burst(40), burst(41), burst(42)]
    (moment,) = told(live, before)
    store.write({}, kept([moment]))
    again = LiveMoments(store, intake().gate, lambda channel: "42")
    again.load(store.query("last_moments")["value"].to_pylist())
    for one in before:
        again.recall(one)
    assert again.last("demo", "demo:1") == moment
    assert told(again, [burst(43), burst(44), *calm(45, 60)]) == []
    assert len(told(again, [burst(60)])) == 1


def test_a_moment_of_a_stream_that_is_over_is_not_recalled(live: LiveMoments, store: Store) -> None:
    told(live, calm(0, 40))
    moment = live.saw(Closed(burst(40), ()))
    assert moment
    again = LiveMoments(store, intake().gate, str)
    again.load(kept([moment]).values())
    again.recall(window(9000, stream_id="demo:2"))
    assert again.last("demo", "demo:2") is None


def test_what_another_version_kept_is_passed_over(live: LiveMoments) -> None:
    moment = LiveMoment("demo", "42", utc(T), utc(T + 30), "x" * 2000, "peak", 4.0)
    live.load(['{"channel":"demo"}', "{", *kept([replace(moment, stream_id="demo:1")]).values()])
    live.recall(window(0))
    assert live.last("demo", "demo:1") is None


def test_a_backup_may_have_the_last_moment_and_nothing_else_by_its_name(store: Store) -> None:
    moment = LiveMoment("demo", "42", utc(T), utc(T + 30), 'a "b" x 5', "peak", 4.0, stream_id="s")
    store.write({}, kept([moment]))
    con = store.cursor()
    refuse_meta(con, "meta", schema_of(store))
    store.write({}, {"moment demo": '{"channel":"demo"}'})
    with pytest.raises(BadInput, match="moment demo"):
        refuse_meta(con, "meta", schema_of(store))


def schema_of(store: Store) -> int:
    return int(store.meta("schema") or 0)


def test_where_the_clock_stepped_back_nothing_is_told_twice(live: LiveMoments) -> None:
    (moment,) = told(live, [*calm(0, 40), burst(40)])
    live.let_go("demo", utc(T + 1215))
    for one in calm(0, 40):
        live.recall(one)
    assert told(live, [burst(40), burst(41)]) == []
    assert live.last("demo", "demo:1") == moment


def test_a_clock_that_had_been_hours_ahead_hides_nothing(live: LiveMoments) -> None:
    told(live, [*calm(400, 440), burst(440)])
    live.let_go("demo", utc(T + 30))
    (moment,) = told(live, [*calm(0, 40), burst(40)])
    assert moment.at == utc(T + 1210)


def test_a_name_is_told_no_more_once_it_is_forgotten(live: LiveMoments, store: Store) -> None:
    put(store, window_terms=[term_row(1200, "annlul", n=43)])
    told(live, [*calm(0, 40), burst(40)])
    live.forget_terms(["bob"])
    assert live.last("demo", "demo:1") is not None
    live.forget_terms(["annlul"])
    assert live.last("demo", "demo:1") is None


def test_a_name_that_is_forgotten_just_after_a_restart_is_told_no_more(live: LiveMoments) -> None:
    moment = LiveMoment("demo", "42", utc(T), utc(T + 30), "annlul x 9", "peak", 4.0, "annlul")
    live.load(kept([replace(moment, stream_id="demo:1")]).values())
    live.forget_terms(["annlul"])
    live.recall(window(0))
    assert live.last("demo", "demo:1") is None


def test_a_long_stream_is_compared_with_its_last_hour(live: LiveMoments) -> None:
    loud = [window(30 * k, 300, 0.1) for k in range(60)]
    assert told(live, loud) == []
    told(live, calm(60, 60 + SPAN))
    assert len(told(live, [burst(60 + SPAN)])) == 1
