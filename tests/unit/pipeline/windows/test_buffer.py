"""The buffer: on disk when flushed, whole again after a crash, gone when its time is over."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.chat.message import (
    Happening,
    Heard,
    Item,
    Lost,
    Message,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.windows.buffer import Buffer, segment_length

HOUR = 3600
DAY = 86400


@pytest.fixture
def now() -> float:
    """The middle of this hour, so that nothing near it is in another."""
    return time.time() // HOUR * HOUR + HOUR / 2


def message(at: float, text: str = "hello") -> Message:
    return Message(f"id{at}", "demo", at, "123", text, ("LUL",), True)


def every(now: float) -> list[Item]:
    return [
        StreamStart("demo", now, "s1", "A title", "Chess", "v1", True),
        Watch("demo", now + 1),
        message(now + 2, 'tab\t"quote" \n newline \0 ünï 👍🏽'),
        Message("", "demo", now + 3, "0", "", None),
        Heard("demo", now + 4),
        Lost("demo", now + 5),
        StreamEnd("demo", now + 6),
    ]


def filled(folder: Path, items: list[Item], retention_s: float = DAY) -> Buffer:
    buffer = Buffer(folder, retention_s)
    for item in items:
        buffer.append(item, 0.5 if isinstance(item, Message) else None)
    buffer.close()
    return buffer


def read(folder: Path) -> list[Item]:
    return list(Buffer(folder, DAY).since(0))


def test_every_kind_of_item_comes_back_as_it_was(tmp_path: Path, now: float) -> None:
    items = every(now)
    filled(tmp_path, items)
    assert read(tmp_path) == items


def test_happenings_are_not_kept_here(tmp_path: Path, now: float) -> None:
    buffer = Buffer(tmp_path, DAY)
    assert not buffer.takes(Happening("demo", now, "raid", "x"))
    assert buffer.takes(message(now))


def test_an_hour_is_a_segment_by_the_time_of_its_messages(tmp_path: Path, now: float) -> None:
    filled(tmp_path, [message(now), message(now - HOUR), message(now + 1)])
    names = [time.strftime("%Y-%m-%dT%H.jsonl", time.gmtime(t)) for t in (now - HOUR, now)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [m.at for m in read(tmp_path)] == [now - HOUR, now, now + 1]


def test_only_the_hours_asked_for_are_read(tmp_path: Path, now: float) -> None:
    filled(tmp_path, [message(now - 3 * HOUR), message(now - HOUR), message(now)])
    found = Buffer(tmp_path, DAY).since(now - HOUR)
    assert [m.at for m in found] == [now - HOUR, now]


def test_files_are_for_their_owner_only(tmp_path: Path, now: float) -> None:
    filled(tmp_path, [message(now)])
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_nothing_is_on_disk_before_a_flush_and_all_of_it_after(tmp_path: Path, now: float) -> None:
    buffer = Buffer(tmp_path, DAY)
    buffer.append(message(now), 0.0)
    assert read(tmp_path) == []
    buffer.flush()
    assert read(tmp_path) == [message(now)]
    buffer.close()


@pytest.mark.parametrize("cut", [1, 2, 10, 40])
def test_a_torn_last_line_is_skipped_and_what_follows_is_read(
    tmp_path: Path, now: float, cut: int
) -> None:
    filled(tmp_path, [message(now), message(now + 1)])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-cut])
    kept = [message(now), *([message(now + 1)] if cut == 1 else [])]
    assert read(tmp_path) == kept
    filled(tmp_path, [message(now + 2)])
    assert read(tmp_path) == [*kept, message(now + 2)]


@pytest.mark.parametrize(
    "line", [b"", b"\xff\xfe", b"null", b"[]", b'["x",1]', b'["m",1]', b'{"a":1}', b'["heard"]'],
)  # fmt: skip
def test_a_line_that_is_none_of_ours_is_skipped(tmp_path: Path, now: float, line: bytes) -> None:
    filled(tmp_path, [message(now)])
    (path,) = tmp_path.iterdir()
    path.write_bytes(line + b"\n" + path.read_bytes() + line)
    assert read(tmp_path) == [message(now)]


def test_files_that_are_not_segments_are_left_alone(tmp_path: Path, now: float) -> None:
    other = tmp_path / "notes.jsonl"
    other.write_text("mine")
    filled(tmp_path, [message(now)])
    assert read(tmp_path) == [message(now)]
    Buffer(tmp_path, 1).expire(now + 100 * DAY)
    assert other.read_text() == "mine"


def test_a_segment_is_unlinked_when_its_first_line_may_be_too_old(
    tmp_path: Path, now: float
) -> None:
    hours = [now - k * HOUR for k in range(6)]
    buffer = filled(tmp_path, [message(at) for at in hours], retention_s=4 * HOUR)
    buffer.expire(now)
    assert sorted(m.at for m in read(tmp_path)) == hours[3::-1]
    buffer.expire(now + HOUR / 2)  # the hour that was the oldest began four hours ago
    assert sorted(m.at for m in read(tmp_path)) == hours[2::-1]


@pytest.mark.parametrize(
    ("retention_s", "length"),
    [(DAY, 3600), (4 * HOUR, 3600), (4 * HOUR - 1, 900), (HOUR, 900), (HOUR - 1, 300),
     (1200, 300), (1199, 60), (240, 60), (239, 10), (40, 10), (36, 10)],
)  # fmt: skip
def test_a_short_retention_has_short_segments(retention_s: float, length: int) -> None:
    assert segment_length(retention_s) == length


def test_text_of_a_short_retention_goes_by_the_minute(tmp_path: Path, now: float) -> None:
    said = [now - 30 * k for k in range(20)]  # ten minutes
    buffer = filled(tmp_path, [message(at) for at in said], retention_s=360)
    names = {path.name for path in tmp_path.iterdir()}
    assert time.strftime("%Y-%m-%dT%H%M%S-60.jsonl", time.gmtime(now)) in names
    for later in (0.0, 29.0, 31.0, 61.0, 299.0):
        buffer.expire(now + later)
        kept = [m.at for m in read(tmp_path)]
        assert min(kept) > now + later - 360  # nothing older
        assert min(kept) <= now + later - 360 + 90  # nor gone long before its time
    buffer.expire(now + 360)
    assert list(tmp_path.iterdir()) == []


def test_segments_of_another_retention_are_read_and_go_in_time(tmp_path: Path, now: float) -> None:
    filled(tmp_path, [message(now)])
    filled(tmp_path, [message(now + 1)], retention_s=360)
    assert [m.at for m in read(tmp_path)] == [now, now + 1]
    buffer = Buffer(tmp_path, 360)
    buffer.expire(now + 300)
    assert [m.at for m in read(tmp_path)] == [now + 1]  # the hour began half an hour ago
    buffer.expire(now + 361)
    assert read(tmp_path) == []


def test_what_would_reopen_a_segment_that_is_gone_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 7_000_030.0)  # a minute begins at 7,000,020
    buffer = Buffer(tmp_path, 240)
    assert not buffer.takes(message(7_000_030 - 239))  # its minute has been unlinked
    assert buffer.takes(message(7_000_030 - 189))
    assert buffer.takes(message(7_000_030 + 60))
    assert not buffer.takes(message(7_000_030 + 61))  # it would stay too long


def test_an_expired_segment_is_gone_from_an_open_buffer_too(tmp_path: Path, now: float) -> None:
    buffer = Buffer(tmp_path, HOUR)
    buffer.append(message(now), 0.0)
    buffer.flush()
    buffer.expire(now + 3 * HOUR)
    assert list(tmp_path.iterdir()) == []
    buffer.append(message(now + 3 * HOUR), 0.0)
    buffer.close()
    assert [m.at for m in read(tmp_path)] == [now + 3 * HOUR]


def test_what_is_older_than_the_retention_is_never_taken(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path, 60)
    now = time.time()
    assert buffer.takes(message(now - 40))
    assert not buffer.takes(message(now - 70))


def test_without_retention_nothing_is_taken_not_even_from_a_clock_ahead(tmp_path: Path) -> None:
    buffer = Buffer(tmp_path, 0)
    now = time.time()
    assert not any(buffer.takes(message(at)) for at in (now - 1, now, now + 30))


_FILL = """
import resource, sys
from pathlib import Path
from pipeline.windows.buffer import Buffer, segment_length
from pipeline.chat.message import Message
from warehouse.errors import StorageFull

now = float(sys.argv[2])
buffer = Buffer(Path(sys.argv[1]), 86400)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
full = 0
for k in range(300):
    buffer.append(Message(f"{k}", "demo", now + k / 100, "1", "x" * 20), 0.0)
    try:
        buffer.flush()
    except StorageFull as exc:
        full += 1
        assert "File too large; free some space and it goes on" in str(exc)
print(full > 0)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
buffer.close()
"""


def test_a_full_disk_loses_nothing_once_there_is_space(tmp_path: Path, now: float) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(tmp_path), str(now)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "True\n"
    ids = [m.id for m in read(tmp_path) if isinstance(m, Message)]
    assert list(dict.fromkeys(ids)) == [str(k) for k in range(300)]
