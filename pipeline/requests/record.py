"""The record of a backtest, into the table of scores: Parquet beside its request."""

import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.requests.upkeep import detailed_rows
from pipeline.requests.workspace import Workspace
from warehouse.atomic import private_folder
from warehouse.errors import BadInput
from warehouse.foreign_files import check_plain
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import utc
from warehouse.sql import scan
from warehouse.store.foreign_rows import checked, refuse_twice, types
from warehouse.store.store import Store, table_schemas

ACTION = "record"
BACKTEST = "backtest"  # rows of `health`: one a backtest
TABLE = "forecast_scores"
COUNTS = ("streams", "channels", "cutoffs")
_LARGEST = 1_000_000_000  # bytes


def put_scores(folder: Path, columns: dict[str, Any]) -> None:
    """Write scores for a request whose files are in `folder`."""
    private_folder(folder)
    pq.write_table(pa.table(columns, schema=table_schemas()[TABLE]), _path(folder))


def take_record(
    workspace: Workspace, inbox: InboxFolder, request: Request, meta: dict[str, str]
) -> None:
    """Put the scores in the place of earlier ones. Raises BadInput for what is none."""
    counts = {name: request.body.get(name) for name in COUNTS}
    if not all(isinstance(n, int) and 0 < n < 1 << 53 for n in counts.values()):
        raise BadInput("a record counts its streams, channels and cutoffs")
    rows = _scores(workspace.store, _path(inbox.files(request.id)))
    store, at = workspace.store, utc(time.time())
    told = detailed_rows({BACKTEST: (float(counts["cutoffs"] or 0), counts)}, at)
    store.write({TABLE: rows, "health": store.rows("health", told)}, meta)


def _scores(store: Store, path: Path) -> pa.Table:
    try:
        check_plain(path.lstat(), _LARGEST)
        with store.cursor() as con:
            columns = {k: v for k, v in types(con, TABLE).items() if k != "rev"}
            source = scan([path])
            found = checked(con, TABLE, source, columns)
            refuse_twice(con, TABLE, source)
            return con.sql(found).to_arrow_table().cast(table_schemas()[TABLE])
    except (OSError, duckdb.Error, pa.ArrowException) as exc:
        raise BadInput("the record's scores cannot be read") from exc


def _path(folder: Path) -> Path:
    return folder / f"{TABLE}.parquet"
