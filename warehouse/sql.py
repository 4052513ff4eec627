"""SQL lives in files, one statement each: the name of a query is the name of its file."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def sql(name: str) -> str:
    """Text of queries/NAME.sql; KeyError for a name that is not there."""
    path = _FOLDER / "queries" / f"{name}.sql"
    if not path.is_file():
        raise KeyError(f"no query {name!r} in {path.parent}")
    return path.read_text(encoding="utf-8")


def query_names() -> list[str]:
    """Every query there is, for the contract test."""
    return sorted(path.stem for path in (_FOLDER / "queries").glob("*.sql"))


def migrations() -> list[tuple[int, str]]:
    """(number, SQL) of every schema/00N_what.sql, ascending from 1."""
    found = sorted((_FOLDER / "schema").glob("*.sql"))
    return [(int(path.name[:3]), path.read_text(encoding="utf-8")) for path in found]
