"""Columns of the published tables as the schema has them, and the dictionary's page beside them."""

from functools import cache
from typing import NamedTuple

from warehouse.analysis.dictionary import Entry, entries, values
from warehouse.connections import open_duckdb
from warehouse.published.table_files import samples_schema
from warehouse.sql import migrations
from warehouse.tables import TABLES

SHARD_HEALTH = "shard_health"  # the view that readers have beside the tables


class Column(NamedTuple):
    """A column as the schema has it: DuckDB's type, and as SQL what rows of before it have where
    it is never NULL."""

    type: str
    default: str


@cache
def columns() -> dict[tuple[str, str], Column]:
    """Each (table, column) that is published, in the schema's order."""
    with open_duckdb() as con:
        for _, text in migrations():
            con.execute(text).fetchall()
        con.register("no_samples", samples_schema().empty_table())
        con.execute("CREATE TABLE samples AS FROM no_samples").fetchall()
        con.execute(f"CREATE TABLE {SHARD_HEALTH} AS SELECT *, 0 AS shard FROM health").fetchall()
        return {
            (table, row[0]): Column(row[1], (row[2] == "NO" and row[4]) or "NULL")
            for table in (*TABLES, SHARD_HEALTH)
            for row in con.execute(f"DESCRIBE {table}").fetchall()
        }


def markdown() -> str:
    """The dictionary as a page's sections, one a table."""
    return "\n".join(_line(entry) for entry in entries())


def _line(entry: Entry) -> str:
    if entry.column:
        cells = [
            f"`{entry.column}`", columns()[entry.table, entry.column].type, values(entry),
            entry.missing or "–", entry.about,
        ]  # fmt: skip
        return f"| {' | '.join(cells)} |"
    keys = TABLES[entry.table].replace if entry.table in TABLES else ("name", "at", "shard")
    return (
        f"\n### {entry.table}\n\n{entry.about} Key: {', '.join(keys)}.\n\n"
        "| column | type | range, unit | NULL means | what it is |\n|---|---|---|---|---|"
    )
