"""Closed windows to rows: what is told of them, and of nobody."""

from dataclasses import replace
from datetime import timedelta

from pipeline.chat.message import Happening
from pipeline.windows.rows import event_rows, sample_rows, stream_row, term_rows, window_rows
from pipeline.windows.track import Stream
from tests.helpers.build import T, feed, intake, msg, start, watch
from warehouse.records import utc
from warehouse.store.store import table_schemas


def test_a_window_row_has_every_column_of_its_table() -> None:
    target = intake()
    feed(target, start(), watch(), msg(1))
    (row,) = window_rows(target.close(T + 35), "live")
    assert set(row) == set(table_schemas()["windows"].names)
    assert (row["channel"], row["start"], row["source"]) == ("demo", utc(T), "live")


def test_silent_windows_have_no_terms() -> None:
    target = intake()
    feed(target, start(), msg(1, "great"))
    rows = term_rows(target.close(T + 65), target.gate)
    assert {row["start"] for row in rows} == {utc(T)}
    assert [row["term"] for row in rows] == ["great", "*"]


def test_the_terms_of_a_window_sum_to_its_mean() -> None:
    target = intake("full")
    texts = ("great LUL", "so sad BibleThump !!!", "what is this 😂😂", "odd words here", "!cmd")
    feed(target, start(), *(msg(k, text, f"u{k}") for k, text in enumerate(texts)))
    closed = target.close(T + 35)
    rows = term_rows(closed, target.gate)
    mean = closed[0].window.mean_compound
    assert mean is not None
    assert abs(sum(row["contribution"] for row in rows) - mean) < 1e-9


def test_a_window_made_again_keeps_the_terms_it_had_but_no_names() -> None:
    target = intake()
    feed(target, start(), msg(1, "zorblax zoe", "zoe"))
    (closed,) = target.close(T + 35)
    closed = replace(closed, again=True, named=frozenset(["zorblax", "zoe"]))
    assert [row["term"] for row in term_rows([closed], target.gate)] == ["zorblax", "*"]


def test_samples_are_the_most_telling_lines_without_names() -> None:
    target = intake()
    lines = ["hello", "great job @someone", "great job @someone", "so terrible zoe", "ok", "fine"]
    feed(target, start(), *(msg(k, t, "zoe") for k, t in enumerate(lines)), msg(9, "good!"))
    rows = sample_rows(target.close(T + 35), target.gate, utc(T))
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["text"] for row in rows] == [
        "great job @…",
        "so terrible @…",
        "good!",
        "ok",
        "fine",
    ]
    assert [abs(row["compound"]) for row in rows] == sorted(
        (abs(row["compound"]) for row in rows), reverse=True
    )


def test_samples_are_short_and_readable() -> None:
    target = intake()
    feed(target, start(), msg(1, "great \0\U000e0000" + "x" * 1000), msg(2, "\u200b", "bob"))
    (row,) = sample_rows(target.close(T + 35), target.gate, utc(T))
    assert row["text"] == ("great " + "x" * 1000)[:300]


def test_windows_older_than_the_retention_have_no_samples() -> None:
    target = intake()
    feed(target, start(), msg(1, "great"))
    assert sample_rows(target.close(T + 35), target.gate, utc(T) + timedelta(seconds=1)) == []


def test_a_happening_told_twice_is_one_event() -> None:
    raid = Happening("demo", T, "raid", "other")
    rows = event_rows([raid, Happening("demo", T, "sub"), raid])
    assert [row["kind"] for row in rows] == ["raid", "sub"]
    assert len({row["event_id"] for row in rows}) == 2
    assert event_rows([raid])[0]["event_id"] == rows[0]["event_id"]


def test_happenings_with_an_id_are_told_apart_by_it_alone() -> None:
    sub = Happening("demo", T, "sub", "tier 1", "a")
    other, later = replace(sub, id="b"), replace(sub, at=T + 1, detail="tier 2")
    ids = [event_rows([h])[0]["event_id"] for h in (sub, other, later, replace(sub, channel="c"))]
    assert len({*ids}) == 3
    assert ids[0] == ids[2]
    assert len(event_rows([sub, other, later])) == 2


def test_a_stream_row_has_every_column_of_its_table() -> None:
    row = stream_row(Stream("s", "demo", T, T + 60, said=False), "live")
    assert set(row) == set(table_schemas()["streams"].names)
    assert (row["started_at"], row["ended_at"], row["said"]) == (utc(T), utc(T + 60), False)
