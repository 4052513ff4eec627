"""Small builders that many tests share: messages, rows, tables of chat, a fed engine."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.chat.message import Item, Message, StreamEnd, StreamStart, Watch
from pipeline.config import PipelineSettings
from pipeline.privacy.hashing import Hasher
from pipeline.scoring.by_channel import Scorers
from pipeline.windows.intake import Intake
from pipeline.windows.term_gate import Gate
from warehouse.config import DataFolder
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.published.publisher import Publisher
from warehouse.published.reader import Reader
from warehouse.published.table_files import samples_schema
from warehouse.records import Window, utc
from warehouse.store.store import Store

T = 1_767_268_800.0  # 2026-01-01 12:00 UTC, the start of a window
SALT = bytes(16)
Row = Mapping[str, Any]


def msg(at: float, text: str = "hello", chatter: str = "ann", **more: Any) -> Message:
    """A message of channel `demo`, `at` seconds after T; its id is its place unless given."""
    fields: dict[str, Any] = {"id": f"{chatter}@{at}", "channel": "demo", **more}
    return Message(at=T + at, chatter=chatter, text=text, **fields)


def start(at: float = 0, name: str = "demo:1", channel: str = "demo") -> StreamStart:
    return StreamStart(channel, T + at, name)


def end(at: float, channel: str = "demo") -> StreamEnd:
    return StreamEnd(channel, T + at)


def watch(at: float = 0, channel: str = "demo") -> Watch:
    return Watch(channel, T + at)


def intake(lexicon: str = "vader", grace_s: float = 5) -> Intake:
    """An intake as the engine makes it."""
    scorers, hasher = Scorers(lexicon), Hasher(SALT)
    return Intake(scorers, hasher, Gate(scorers.knows, hasher.of, set()), grace_s)


def feed(target: Intake, *items: Item) -> None:
    for item in items:
        target.take(item)


def settings(**values: Any) -> PipelineSettings:
    """Settings that no .env changes; plain VADER, no forecasts, no catalogues unless said."""
    plain = {"lexicon": "vader", "forecast": False, "emotes": False}
    return PipelineSettings(_env_file=None, **{**plain, **values})


def window_row(at: float, n: int = 3, mean: float | None = 0.5, **more: Any) -> Row:
    """A row of `windows`, `at` seconds after T."""
    chat = n > 0
    return {
        "channel": "demo", "start": utc(T + at), "stream_id": "demo:1", "observed_s": 30.0,
        "n_messages": n, "n_chatters": n, "n_filtered": 0, "n_late": 0,
        "mean_compound": mean if chat else None, "sd_compound": 0.1 if n > 1 else None,
        "share_positive": 1.0 if chat else None, "share_negative": 0.0 if chat else None,
        "share_scored": 1.0 if chat else None, "share_emote": 0.0 if chat else None,
        "sub_n": [n, 0, 0, 0, 0, 0], "sub_mean": [mean if chat else None] + [None] * 5,
        "lexicon_version": "vader-3.3.2", "readable": 1.0 if chat else None,
        "basis": "words", "n_laughs": 0, "n_capitals": 0,
        "source": "live", **more,
    }  # fmt: skip


def window(at: float, n: int = 10, mean: float | None = 0.1, **more: Any) -> Window:
    """A window of `demo`, `at` seconds after T."""
    row = {**window_row(at, n, mean), "sd_compound": 0.3 if n > 1 else None, **more}
    return Window(**{name: row[name] for name in Window.__slots__})


def term_row(at: float, term: str = "*", contribution: float = 0.5, **more: Any) -> Row:
    kind = "rest" if term == "*" else "word"
    return {
        "channel": "demo", "start": utc(T + at), "term": term, "kind": kind, "n": 1,
        "contribution": contribution, **more,
    }  # fmt: skip


def stream_row(at: float, until: float | None, name: str = "demo:1", **more: Any) -> Row:
    return {
        "stream_id": name, "channel": "demo", "started_at": utc(T + at),
        "ended_at": None if until is None else utc(T + until), "title": "", "category": "",
        "vod_id": "", "source": "live", "undated": False, "said": True, **more,
    }  # fmt: skip


def sample_row(at: float, rank: int = 1, text: str = "nice one", **more: Any) -> Row:
    return {
        "channel": "demo", "start": utc(T + at), "rank": rank, "text": text, "compound": 0.4,
        **more,
    }  # fmt: skip


def samples(*rows: Row) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=samples_schema())


def put(store: Store, **tables: Sequence[Row]) -> None:
    """Write rows by table name."""
    store.write({name: store.rows(name, rows) for name, rows in tables.items()})


def rows(folder: DataFolder, text: str) -> list[tuple[Any, ...]]:
    """Rows of a query over what is published."""
    table = Reader(folder).run(text)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def stored(store: Store, text: str) -> list[tuple[Any, ...]]:
    """Rows of a query over the warehouse itself."""
    return [tuple(row) for row in store.cursor().execute(text).fetchall()]


def republish(folder: DataFolder, store: Store) -> None:
    """A new publisher over what is there, and one cycle of it."""
    Publisher(folder, store, "live").publish()


def chat_rows(
    channel: str = "demo", stream: str = "1", date: str = "2026-01-01", n: int = 60, step: float = 7
) -> list[dict[str, Any]]:
    """A made-up stream as a table of chat has it: a message every `step` seconds."""
    texts = ("great play", "that was terrible", "LUL", "hello there", "!song", "so sad :(")
    return [
        {
            "channel": channel, "stream": stream, "date": date, "t": k * step,
            "user": f"user{k % 7}", "text": texts[k % len(texts)],
            "emotes": "LUL" if k % len(texts) == 2 else "", "bot": False,
        }
        for k in range(n)
    ]  # fmt: skip


def parquet(path: Path, table: Iterable[Row]) -> Path:
    pq.write_table(pa.Table.from_pylist(list(table)), path)
    return path


def csv_file(path: Path, table: Sequence[Row]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return path


def send(inbox: Path, request: Request) -> None:
    """Put a request in."""
    InboxFolder(inbox).put(request)


def outcome(inbox: Path, request_id: str) -> str | None:
    """'' when done, the reason when refused, None while it waits."""
    return InboxFolder(inbox).outcome(request_id)
