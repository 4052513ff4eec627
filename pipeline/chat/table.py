"""A table of past chat, Parquet or CSV: one row a message, in bounded memory.

Columns: channel, stream, t (seconds since the stream's start) and text are needed; date (start
of the stream, ISO, '' unknown), user, emotes (space-joined names, NULL: no markup), bot and vod
(id of the stream's video) are used where they are there. DuckDB reads and sorts it, spilling to
`scratch` when it is large.
"""

import glob
import math
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from pipeline.chat.message import Message
from warehouse.atomic import private_folder
from warehouse.connections import Config, open_duckdb
from warehouse.errors import BadInput
from warehouse.records import KEY, typed_name
from warehouse.sql import quoted

_NEEDED = ("channel", "stream", "t", "text")
_OPTIONAL = {"date": "''", "user": "''", "emotes": "NULL", "bot": "false", "vod": "''"}
_ROWS = 4_000  # a record batch
_BOUNDS: Config = {"memory_limit": "96MB", "threads": 1}
LONGEST_S = 30 * 86400  # no stream is longer: a time beyond it is none since its start
VIDEO_S = 50 * 3600  # Twitch ends a stream, and its video, after 48 hours


class Moment(NamedTuple):
    """Something that happened in a stream, `t` seconds from its start, as an event is told."""

    t: float
    kind: str
    detail: str = ""
    id: str = ""


class Span(NamedTuple):
    """Time that a log covers, in seconds from its stream's start.

    begins, ends: in the middle of a second, of which another log may have the rest.
    """

    since: float
    until: float
    begins: bool = True
    ends: bool = True


def of_messages(first: float, last: float) -> Span:
    """The span of a log that does not say what it covers. Its last message covers what its stamp
    can tell apart, a second or a millisecond."""
    return Span(first, last + (1.0 if last == int(last) else 0.001))


@dataclass(frozen=True, slots=True)
class TableStream:
    """A stream as the table has it. date: as written; first, last: seconds of its messages.

    stream_id: unique over all channels, as `streams.stream_id` has to be. vod_id: its video's, a
    number; '' unknown. spans: what its log covers, ascending; of a log that does not say, from
    the first to the last message. is_named: it has an identity; else it is a session by the
    clock on somebody's wall. login: as the table has it, where `channel` is a key. title,
    category, events: as its log tells them.
    """

    channel: str
    stream: str
    date: str
    first: float
    last: float
    rows: int
    stream_id: str
    vod_id: str = ""
    spans: tuple[Span, ...] = ()
    is_named: bool = True
    login: str = ""
    title: str = ""
    category: str = ""
    events: tuple[Moment, ...] = ()

    @property
    def whose(self) -> str:
        """The login that the table has."""
        return self.login or self.channel

    def under(self, key: str) -> "TableStream":
        """The stream as one of the channel with the key."""
        name = key + self.stream_id.removeprefix(self.channel)
        return replace(self, channel=key, login=self.channel, stream_id=name)

    @property
    def covered(self) -> tuple[Span, ...]:
        return self.spans or (of_messages(self.first, self.last),)

    def within(self, since: float, until: float) -> "TableStream":
        """What of it lies in the span, seconds from its start."""
        spans = tuple(
            Span(
                max(s.since, since), min(s.until, until),
                s.begins and s.since >= since, s.ends and s.until <= until,
            )
            for s in self.covered
            if s.since < until and since < s.until
        )  # fmt: skip
        first, last = max(self.first, since), min(self.last, until)
        return replace(self, first=first, last=max(first, last), spans=spans)


@dataclass(frozen=True, slots=True)
class StoredStream:
    """A stream that is there already; times are epoch seconds. is_import: it came from a log."""

    channel: str
    stream_id: str
    started_at: float
    ended_at: float
    vod_id: str = ""
    undated: bool = False
    is_import: bool = True


@dataclass(frozen=True, slots=True)
class Placed:
    """A stream and the moment it starts, epoch seconds.

    placed: a place was found for it. since, until: of its messages those that are meant, in
    seconds from its start. host: the stored stream that it is a part of.
    """

    stream: TableStream
    started_at: float
    undated: bool = False
    placed: bool = False
    since: float = -math.inf
    until: float = math.inf
    host: StoredStream | None = None

    @property
    def stream_id(self) -> str:
        return self.host.stream_id if self.host else self.stream.stream_id

    @property
    def ended_at(self) -> float:
        """The time of its last message."""
        return self.started_at + self.stream.last

    def part(self, since: float, until: float, host: StoredStream | None) -> "Placed":
        """Its part in the span, seconds from its start."""
        since, until = max(since, self.since), min(until, self.until)
        within = self.stream.within(since, until)
        return replace(self, stream=within, since=since, until=until, host=host)


class ChatTable:
    """An open table. Raises BadInput for what is not one, naming the file and the fault."""

    def __init__(self, path: Path, scratch: Path, channel: str | None = None) -> None:
        if not path.is_file():
            raise BadInput(f"{path} is not a file; name a Parquet or CSV table of chat")
        self.path = path
        try:
            private_folder(scratch)
        except OSError as exc:
            raise BadInput(f"{scratch} cannot be made: {exc.strerror}; check DLD_DATA") from exc
        self.con = open_duckdb(reach=[path], scratch=scratch, config=_BOUNDS)
        try:
            self.con.execute(f"CREATE VIEW given AS SELECT * FROM {_source(path)}").fetchall()
            self._make_view(channel)
            self._found = self._streams()
        except (duckdb.Error, UnicodeDecodeError, OSError) as exc:
            self.con.close()
            raise _unreadable(path, exc) from exc
        except BaseException:
            self.con.close()
            raise

    def _make_view(self, channel: str | None) -> None:
        columns = {row[0] for row in self.con.execute("DESCRIBE given").fetchall()}
        needed = [c for c in _NEEDED if c not in columns and not (channel and c == "channel")]
        if needed:
            raise BadInput(
                f"{self.path} has no column {', '.join(needed)}; a table of chat has "
                f"{', '.join((*_NEEDED, *_OPTIONAL))}"
            )
        extra = {c: c if c in columns else other for c, other in _OPTIONAL.items()}
        self.con.execute(
            f"""CREATE TABLE one AS SELECT {"$channel" if channel else "NULL"} AS channel""",
            {"channel": channel} if channel else None,
        ).fetchall()
        name = "given.channel" if channel is None else "one.channel"
        self.con.execute(
            f"""CREATE VIEW typed AS SELECT CASE WHEN regexp_full_match({name}, '[ -~]*')
                    THEN lower(trim({name})) END AS channel,
                CAST(stream AS VARCHAR) AS stream, TRY_CAST(t AS DOUBLE) AS t,
                CAST(text AS VARCHAR) AS text,
                trim(coalesce(CAST({extra["date"]} AS VARCHAR), '')) AS date,
                coalesce(CAST({extra["user"]} AS VARCHAR), '') AS chatter,
                CAST({extra["emotes"]} AS VARCHAR) AS emotes,
                coalesce(TRY_CAST({extra["bot"]} AS BOOLEAN), false) AS bot,
                coalesce(regexp_extract(CAST({extra["vod"]} AS VARCHAR), '^[0-9]{{1,20}}$'), '')
                    AS vod
            FROM given, one"""
        ).fetchall()
        self.con.execute(_CHAT).fetchall()

    def _streams(self) -> list[TableStream]:
        rows = self.con.execute(_STREAMS).fetchall()
        return [TableStream(*row) for row in rows]

    def streams(
        self, channels: Collection[str] | None = None, streams: Collection[str] | None = None
    ) -> list[TableStream]:
        """The chosen streams, by channel and name. Raises BadInput for one that is not there."""
        channels = [typed_name(name) for name in channels or ()]
        for wanted, have, what in (
            (channels, {s.channel for s in self._found}, "channel"),
            (streams, {s.stream for s in self._found}, "stream"),
        ):
            missing = sorted(set(wanted or ()) - have)
            if missing:
                raise BadInput(
                    f"{self.path.name} has no {what} {', '.join(missing)}; "
                    f"it has {_some(sorted(have))}"
                )
        return [
            s
            for s in self._found
            if (not channels or s.channel in channels) and (not streams or s.stream in streams)
        ]

    def check_times(self) -> None:
        """Raises BadInput where a stream is longer than Twitch lets any be. Of a table that
        somebody made: one of logs may have weeks of a channel as one."""
        for stream in self._found:
            if stream.last >= VIDEO_S:
                raise BadInput(
                    f"{self.path.name} has the stream {stream.stream}, which by its t lasts "
                    f"{stream.last / 3600:.0f} hours, and Twitch ends one after 48; t is seconds "
                    "from the stream's start: are these milliseconds?"
                )

    def unusable(self) -> Counter[str]:
        """Rows that are left out, by what they lack."""
        return Counter(dict(self.con.execute(_UNUSABLE).fetchall()))

    def messages(
        self, placed: list[Placed], merged: bool = False
    ) -> Iterator[tuple[Placed, Message]]:
        """Every message of the placed streams, stream by stream and by time in each; merged: all
        of them by time."""
        for where, run in self.runs(placed, merged):
            yield from ((where, message) for message in run)

    def runs(
        self, placed: list[Placed], merged: bool = False
    ) -> Iterator[tuple[Placed, list[Message]]]:
        """As `messages`, as many at a time as follow one another in a stream."""
        plan = pa.table(
            {
                "place": range(len(placed)),
                "channel": [p.stream.whose for p in placed],
                "stream": [p.stream.stream for p in placed],
                "date": [p.stream.date for p in placed],
                "started_at": [p.started_at for p in placed],
                "since": [p.since for p in placed],
                "until": [p.until for p in placed],
                "part": [0 if merged else k for k in range(len(placed))],
            }
        )
        self.con.register("plan", plan)
        try:
            reader = self.con.sql(_MESSAGES).to_arrow_reader(_ROWS)
            for batch in reader:
                yield from _runs(placed, batch.to_pydict())
        except (duckdb.Error, pa.ArrowException, UnicodeDecodeError, OSError) as exc:
            raise _unreadable(self.path, exc) from exc

    def close(self) -> None:
        """Let go of the file and of what was spilled."""
        self.con.close()


_CHAT = f"""CREATE VIEW chat AS SELECT *,
    coalesce(regexp_full_match(channel, '{KEY.pattern}') AND stream IS NOT NULL
        AND isfinite(t) AND t >= 0 AND t < {LONGEST_S} AND text IS NOT NULL, false) AS usable
FROM typed"""
# a stream whose rows bear two dates is two streams
_STREAMS = """SELECT channel, stream, date, min(t), max(t), count(*),
    concat_ws(':', channel, stream, CASE WHEN count(*) OVER same > 1 THEN date END), max(vod)
FROM chat WHERE usable
GROUP BY channel, stream, date WINDOW same AS (PARTITION BY channel, stream)
ORDER BY channel, date, stream"""
_UNUSABLE = f"""SELECT CASE
    WHEN NOT coalesce(regexp_full_match(channel, '{KEY.pattern}'), false) THEN 'no login in channel'
    WHEN stream IS NULL THEN 'no stream'
    WHEN text IS NULL THEN 'no text'
    WHEN t < 0 THEN 'a time in t before the stream''s start'
    WHEN isfinite(t) THEN 'a time in t of {LONGEST_S // 86400} days or more (milliseconds?)'
    ELSE 'no time in t' END AS reason, count(*) AS n
FROM chat WHERE NOT usable GROUP BY reason ORDER BY n DESC, reason"""
_MESSAGES = """SELECT place, started_at + t AS "at", chatter, text, emotes, bot
FROM chat JOIN plan USING (channel, stream, date)
WHERE usable AND t >= plan.since AND t < plan.until ORDER BY part, "at", place"""


def _runs(
    placed: list[Placed], columns: dict[str, list[Any]]
) -> Iterator[tuple[Placed, list[Message]]]:
    for place, rows in groupby(zip(*columns.values(), strict=True), key=itemgetter(0)):
        channel = placed[place].stream.channel
        yield (
            placed[place],
            [
                Message(
                    "",
                    channel,
                    at,
                    chatter,
                    text,
                    None if emotes is None else tuple(emotes.split()),
                    bot,
                )
                for _, at, chatter, text, emotes, bot in rows
            ],
        )


def _source(path: Path) -> str:
    """SQL that reads the file; what looks like a pattern in its name is its name."""
    name = quoted(Path(glob.escape(str(path))))
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        return f"read_parquet({name})"
    return f"read_csv({name}, all_varchar=true, header=true, sample_size=-1)"


def _unreadable(path: Path, exc: Exception) -> BadInput:
    reason = (str(exc).splitlines() or [""])[0][:200]
    return BadInput(f"{path} cannot be read as a table of chat: {reason}")


def _some(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
