"""Commands for what is yours: import, export, backup, restore."""

import shutil
import sys
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from pipeline.chat.columns import given_columns
from pipeline.chat.logins import channel_name
from pipeline.imports.command import import_files
from pipeline.imports.formats import NAMES
from pipeline.memory import spare_memory
from pipeline.requests.backup import backup_path
from pipeline.requests.backup_files import accept_files
from pipeline.requests.client import ask
from pipeline.requests.workspace import open_workspace
from warehouse.config import data_folder
from warehouse.errors import BadInput, WrongUsage
from warehouse.inbox.requests import new_id
from warehouse.packages import require_packages
from warehouse.published import export as exporting
from warehouse.published.reader import published_identities
from warehouse.store.backup import check_backup, restore_backup

_EXCEL_ROWS = 1_048_575  # beside the header
_WAIT_S = 6 * 3600.0


class ExportFormat(StrEnum):
    """Kind of file that a table is exported to."""

    parquet = "parquet"
    csv = "csv"


def import_(
    files: Annotated[list[Path], typer.Argument(help="logs or tables of chat, or folders")],
    format: Annotated[str, typer.Option(help=f"one of {', '.join(NAMES)}")] = "auto",
    channel: Annotated[
        list[str] | None,
        typer.Option(help="only this channel; or its name, if the file does not say it"),
    ] = None,
    started_at: Annotated[
        datetime | None, typer.Option(help="start of the one stream in the file, ISO; UTC")
    ] = None,
    undated: Annotated[
        bool, typer.Option("--undated", help="place undated streams day by day from 2000-01-01")
    ] = False,
    place: Annotated[
        bool, typer.Option("--place", help="lay a stream after another one at the same time")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="take the file's chat even if more is stored")
    ] = False,
    columns: Annotated[
        str, typer.Option(help="of a table, by name or number: text=NAME,time=NAME,user=NAME")
    ] = "",
) -> None:
    """Import past chat, not beside simulated chat. The same file again changes nothing."""
    if format not in NAMES:
        raise typer.BadParameter(f"--format {format} is unknown; known: {', '.join(NAMES)}")
    start = started_at.replace(tzinfo=started_at.tzinfo or UTC) if started_at else None
    spare_memory()
    of = given_columns(columns)
    import_files(files, channel, start, undated, format, place, replace, of)


def export(
    out: Annotated[Path, typer.Option(help="folder to write to; no file there is replaced")],
    channel: Annotated[list[str] | None, typer.Option(help="only these channels")] = None,
    since: Annotated[str | None, typer.Option("--from", help="ISO time; UTC unless said")] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO time, not included")] = None,
    format: Annotated[ExportFormat, typer.Option(help="parquet, or csv for spreadsheets")] = (
        ExportFormat.parquet
    ),
    table: Annotated[list[str] | None, typer.Option(help="only these tables")] = None,
) -> None:
    """Write published tables to files that DuckDB, pandas and Excel open."""
    who = published_identities(data_folder())
    selection = exporting.Selection(
        tuple(dict.fromkeys(table or exporting.DEFAULT)),
        tuple(who.resolve(channel_name(name)) for name in channel or ()),
        _time(since, "--from"),
        _time(until, "--to"),
        format.value,
    )
    for path, rows in exporting.export(data_folder(), selection, out).items():
        print(f"{path}: rows={rows}")
        if format is ExportFormat.csv and rows > _EXCEL_ROWS:
            print(f"note: {path.name} has more rows than Excel opens", file=sys.stderr)


def backup(
    out: Annotated[Path, typer.Option(help="a new file to write")],
) -> None:
    """Write everything but chat text to one file; a daemon may run meanwhile."""
    folder = data_folder()
    if out.exists():
        raise BadInput(f"{out} is there already; name another file")
    if not folder.warehouse.is_file():
        raise BadInput(f"there is nothing in {folder.root} to back up")
    out.parent.mkdir(parents=True, exist_ok=True)
    made = backup_path(folder, ask(folder, "backup", {}, _WAIT_S))
    aside = out.with_name(f".{out.name}.{new_id()}")
    try:
        shutil.copyfile(made, aside)
        aside.chmod(0o600)
        tables = check_backup(aside)
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
        made.unlink(missing_ok=True)
    rows = sum(count for count, _ in tables.values())
    print(f"{out}: tables={len(tables)} rows={rows}, read back and equal; keep it private")


def restore(
    file: Annotated[Path | None, typer.Argument(help="what `backup` wrote")] = None,
    bucket: Annotated[
        bool, typer.Option("--bucket", help="all shards of DLD_BUCKET_URL, to go on as one or more")
    ] = False,
) -> None:
    """Restore a backup, or what all shards have in the bucket, into an empty DLD_DATA.

    With DLD_SHARDS above 1 it takes the channels of DLD_SHARD alone; then change DLD_BUCKET_URL.
    """
    if bucket == (file is not None):
        raise typer.BadParameter("name either a file, or --bucket")
    folder = data_folder()
    if bucket:
        require_packages("machines")
        says = import_module("pipeline.cli.from_bucket").restore_from_bucket(folder)
    else:
        accept = partial(accept_files, folder=folder)
        tables = restore_backup(file, folder, accept) if file else {}
        rows = sum(count for count, _ in tables.values())
        says = f"tables={len(tables)} rows={rows}, read back and equal"
    with open_workspace(folder) as workspace:
        workspace.publish()
    print(f"{folder.root}: {says}")


def _time(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise WrongUsage(
            f"{option} {text[:40]!a} is not an ISO time such as 2026-11-22T12:00:00"
        ) from exc
