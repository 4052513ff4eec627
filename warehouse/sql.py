"""SQL lives in files, one statement each: the name of a query is the name of its file."""

import errno
import glob
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa  # who only names tables need not load it

_FOLDER = Path(__file__).parent


class Queries(Protocol):
    """Named queries over tables, be they the warehouse's own or those published."""

    def query(self, name: str, **values: Any) -> "pa.Table":
        """Result of queries/NAME.sql with its $values."""


@cache
def sql(name: str) -> str:
    """Text of NAME.sql, in whichever folder of queries/; KeyError for a name that is not there."""
    if name not in _paths():
        raise KeyError(f"no query {name!r} in {_FOLDER / 'queries'}")
    return _paths()[name].read_text(encoding="utf-8")


def query_names() -> list[str]:
    """Every query there is, for the contract test."""
    return sorted(_paths())


def migrations() -> list[tuple[int, str]]:
    """(number, SQL) of every schema/00N_what.sql, ascending from 1."""
    found = sorted((_FOLDER / "schema").glob("*.sql"))
    return [(int(path.name[:3]), path.read_text(encoding="utf-8")) for path in found]


@cache
def _paths() -> dict[str, Path]:
    """Files by the names of their queries; a name stands once, whatever its folder."""
    return {path.stem: path for path in sorted((_FOLDER / "queries").rglob("*.sql"))}


def quoted(path: Path) -> str:
    """A path as SQL text; folders may have a quote in their name."""
    return "'" + str(path).replace("'", "''") + "'"


def scan(paths: Iterable[Path]) -> str:
    """SQL that reads the Parquet files, none of whose names is a pattern. Raises OSError for what
    is there and no file: a pipe would be waited for, for ever."""
    paths = list(paths)
    if odd := next((path for path in paths if not path.is_file() and path.exists()), None):
        raise OSError(errno.EINVAL, "Not a file", str(odd))
    listed = ", ".join(quoted(Path(glob.escape(str(path)))) for path in paths)
    return f"read_parquet([{listed}])"
