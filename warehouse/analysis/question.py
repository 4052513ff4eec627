"""A question in SQL of the published tables: one SELECT, which reads them and nothing else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Timer
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from warehouse.config import DataFolder
from warehouse.connections import Connection
from warehouse.errors import BadInput, WarehouseBroken, WrongUsage
from warehouse.published.reader import Reader, connect_views

ROWS_A_BATCH = 10_000
_MAKERS = {"range", "generate_series", "unnest", "json_each", "json_tree"}  # of rows, not of files
_GARBLED = re.compile(r"\b(INTERVAL|UHUGEINT|BIT|UNION|TIME WITH TIME ZONE)\b")  # types
_ONE_SELECT = "a question is one SELECT (also WITH, FROM, DESCRIBE or SUMMARIZE)"


@contextmanager
def answer(folder: DataFolder, text: str, most_s: float = 0) -> Iterator[pa.RecordBatchReader]:
    """The rows as they come, by the manifest in force; times without a zone are UTC.

    most_s: seconds until the last row is read; 0: as long as it takes.
    Raises NothingPublished, WarehouseBroken; BadInput for a text that is no such question, and
    for what DuckDB says of it, then or while the rows are read.
    """
    manifest = Reader(folder).manifest()
    with _told(), connect_views(folder.published, manifest) as con, _in_time(con, most_s):
        rows = con.sql(_one_select(con, text)).select("*")  # two of one name: channel, channel_1
        yield rows.select(*_told_whole(rows)).to_arrow_reader(ROWS_A_BATCH)


@contextmanager
def _in_time(con: Connection, most_s: float) -> Iterator[None]:
    """Raises BadInput where it takes longer."""
    is_over = Event()

    def end() -> None:
        is_over.set()
        con.interrupt()

    timer = Timer(most_s, end)
    timer.daemon = True
    if most_s:
        timer.start()
    try:
        yield
    except Exception as exc:
        if not is_over.is_set():
            raise
        raise BadInput(
            f"the answer takes longer than {most_s:g} s: ask for fewer rows, or a shorter span, "
            "or give it time (--timeout)"
        ) from exc
    finally:
        timer.cancel()


def _told_whole(rows: duckdb.DuckDBPyRelation) -> Iterator[duckdb.Expression]:
    """The columns, in types that every format can tell: sums of whole numbers as whole numbers,
    intervals and what else Arrow would garble as text."""
    for name, kind in zip(rows.columns, map(str, rows.types), strict=True):
        column = duckdb.ColumnExpression(name)
        told = "BIGINT" if kind == "HUGEINT" else "VARCHAR" if _GARBLED.search(kind) else ""
        yield column.cast(duckdb.sqltype(told)).alias(name) if told else column


def _one_select(con: Connection, text: str) -> str:
    """The statement of the text, such that it can stand in brackets. Raises WrongUsage for another,
    and for one that reads files."""
    statements = con.extract_statements(text)
    if len(statements) != 1:
        raise WrongUsage(f"{len(statements)} statements: {_ONE_SELECT}, and one at a time")
    ((told,),) = con.execute("SELECT json_serialize_sql($text)", {"text": text}).fetchall()
    parsed = orjson.loads(told)
    if statements[0].type != duckdb.StatementType.SELECT or parsed["error"]:
        kind = statements[0].type.name.replace("MULTI", "PIVOT without IN (...)")
        raise WrongUsage(f"{kind} is not answered: {_ONE_SELECT}, and it changes nothing")
    for node in _nodes(parsed):
        _check_node(node)
    return _bare(text)


def _bare(text: str) -> str:
    """The text without the semicolons and comments at its end."""
    left = text.encode()
    for at, kind in reversed(duckdb.tokenize(text)):  # at: a byte's place
        if kind != duckdb.token_type.comment and left[at:].strip() != b";":
            break
        left = left[:at]
    return left.decode()


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """All objects of the parsed text."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _check_node(node: dict[str, Any]) -> None:
    """DuckDB itself reaches no file but those published; read by themselves they count twice."""
    if node.get("type") == "TABLE_FUNCTION":
        name = str(node["function"].get("function_name")).lower()
        if name not in _MAKERS:
            raise WrongUsage(
                f"{name}() is not answered: a question reads the published tables only"
            )
    elif node.get("type") == "BASE_TABLE" and {*"./\\"} & {*node["table_name"]}:
        raise WrongUsage(
            f"{node['table_name'][:60]!r} is a file: a question reads the published tables only"
        )


@contextmanager
def _told() -> Iterator[None]:
    """DuckDB's errors as ours, in one line; KeyboardInterrupt for its own word for it."""
    try:
        yield
    except duckdb.OutOfMemoryException as exc:
        raise BadInput(
            "the answer needs more memory than half of this machine's, or more than 16 GB of "
            "disk: ask for fewer rows, or a shorter span"
        ) from exc
    except (duckdb.IOException, duckdb.SerializationException) as exc:
        raise WarehouseBroken(
            f"a published file cannot be read: {_first(exc)}; it may just have been replaced: ask "
            "again, and if that does not help, restart the pipeline"
        ) from exc
    except duckdb.Error as exc:
        raise BadInput(_first(exc)) from exc
    except (OverflowError, pa.ArrowNotImplementedError) as exc:
        raise BadInput(
            f"the answer has a value that cannot be told ({exc}): cast it to text, x::VARCHAR"
        ) from exc
    except RuntimeError as exc:
        if "interrupted" in str(exc):
            raise KeyboardInterrupt from exc
        raise


def _first(exc: Exception) -> str:
    """What DuckDB says, without the place in the text, which it draws over several lines."""
    return " ".join(str(exc).partition("LINE ")[0].split())[:300]
