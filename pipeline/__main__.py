"""`python -m pipeline`: run, import, channels, doctor, score, vocabulary and more."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from pipeline.chat.message import Source
from pipeline.chat.placement import NeedsAnswer, place
from pipeline.chat.table import ChatTable
from pipeline.cli.channels import channels
from pipeline.cli.data import backup, export, restore
from pipeline.cli.login import login
from pipeline.cli.privacy import forget, opt_out
from pipeline.cli.score import import_files, score_lines
from pipeline.cli.vocabulary import vocabulary
from pipeline.config import PipelineSettings
from pipeline.doctor.command import doctor
from pipeline.doctor.settings import setting_name
from pipeline.engine.daemon import run as run_daemon
from pipeline.engine.engine import Engine
from pipeline.imports.formats import NAMES
from pipeline.memory import spare_memory
from pipeline.privacy.optout import OptOut, load_optout
from pipeline.sources.channel_list import channel_logins
from pipeline.sources.registry import LIVE, live_source
from pipeline.sources.replay import Replay
from pipeline.sources.replay_start import began, ended, placement
from pipeline.sources.simulation.profiles import PROFILES
from pipeline.sources.simulation.source import Simulate
from warehouse.config import DataFolder, data_folder
from warehouse.erase import scrub
from warehouse.errors import AppError, BadInput
from warehouse.removed_settings import name_removed_settings
from warehouse.store.store import Store

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


class SourceName(StrEnum):
    """Where chat comes from."""

    simulate = "simulate"
    replay = "replay"
    irc = "irc"
    eventsub = "eventsub"


class Times(StrEnum):
    """Whether a replay keeps its times."""

    kept = "kept"
    now = "now"


class LexiconName(StrEnum):
    """Which lexicon scores."""

    vader = "vader"
    full = "full"


@app.command()
def run(
    source: Annotated[SourceName, typer.Option(help="where chat comes from")] = SourceName.simulate,
    channel: Annotated[list[str] | None, typer.Option(help="only these channels")] = None,
    file: Annotated[Path | None, typer.Option(help="replay: the table of chat")] = None,
    stream: Annotated[list[str] | None, typer.Option(help="replay: only these streams")] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="replay: 1 as it happened, 0 as fast as it goes")
    ] = 1,
    times: Annotated[
        Times, typer.Option(help="replay: times as they were, or moved to end now")
    ] = Times.kept,
    undated: Annotated[
        bool, typer.Option("--undated", help="replay: place undated streams from 2000-01-01")
    ] = False,
) -> None:
    """Read chat, store windows, forecast and publish, until Ctrl-C."""
    is_live = source.value in LIVE
    names = channel_logins(channel or ()) if is_live else [n.strip().lower() for n in channel or ()]
    table = _needed(file) if source is SourceName.replay else None
    folder = data_folder()
    settings = PipelineSettings()
    optout = load_optout(folder.optout)
    optout.refuse(set(names))
    spare_memory()
    scrub(folder.warehouse)
    with Store(folder.warehouse) as store:
        if is_live:
            chat: Source = live_source(source.value, folder, optout, names)
        elif table is not None:
            chat = _replay(folder, store, optout, channel, table, stream, speed, times, undated)
        else:
            clock = store.meta("clock") if store.meta("source") == "simulated" else None
            resume_from = min(float(clock), time.time()) if clock else None
            chat = Simulate(channels=optout.allowed(channel or PROFILES), resume_from=resume_from)
        engine = Engine(folder, settings, chat.kind, store)
        asyncio.run(run_daemon(engine, chat))
        if isinstance(chat, Replay) and chat.ends_at and engine.clock >= chat.ends_at:
            ended(store, chat.name)


def _needed(file: Path | None) -> Path:
    if file is None:
        raise typer.BadParameter("--source replay needs --file, a Parquet or CSV table of chat")
    return file


def _replay(
    folder: DataFolder,
    store: Store,
    optout: OptOut,
    channels: list[str] | None,
    file: Path,
    streams: list[str] | None,
    speed: float,
    times: Times,
    undated: bool,
) -> Replay:
    table = ChatTable(file, folder.root / "scratch")
    found = table.streams(channels, streams)
    allowed = optout.allowed(s.channel for s in found)
    chosen = [s for s in found if s.channel in allowed]
    if not chosen:
        raise BadInput(f"{file} has no message that could be replayed")
    placed = place(chosen, undated or times is Times.now)
    if times is Times.kept:
        return Replay(table, placed, speed)
    name = placement(file, chosen, speed)
    return Replay(
        table, placed, speed, to_now=True, began=began(store, name, time.time()), name=name
    )


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="logs or tables of chat, or folders")],
    format: Annotated[str, typer.Option(help=f"one of {', '.join(NAMES)}")] = "auto",
    channel: Annotated[
        list[str] | None, typer.Option(help="only this channel; names it where the file does not")
    ] = None,
    started_at: Annotated[
        datetime | None, typer.Option(help="start of the one stream in the file, ISO; UTC")
    ] = None,
    undated: Annotated[
        bool, typer.Option("--undated", help="place undated streams day by day from 2000-01-01")
    ] = False,
) -> None:
    """Bring past chat into the warehouse; the same file twice changes nothing."""
    if format not in NAMES:
        raise typer.BadParameter(f"--format {format} is unknown; known: {', '.join(NAMES)}")
    start = started_at.replace(tzinfo=started_at.tzinfo or UTC) if started_at else None
    spare_memory()
    import_files(files, channel, start, undated, format)


@app.command()
def score(
    lexicon: Annotated[LexiconName, typer.Option(help="which lexicon")] = LexiconName.full,
) -> None:
    """Compound of every line of stdin, a line each on stdout."""
    score_lines(lexicon.value)


app.add_typer(vocabulary, name="vocabulary")
app.add_typer(channels, name="channels")
app.command()(doctor)
app.command()(login)
app.command()(forget)
app.command("opt-out")(opt_out)
app.command("export")(export)
app.command()(backup)
app.command()(restore)


def main(command: Callable[[], None] = app) -> None:
    """Run; 0 done, 1 failed with one line on stderr, 2 wrong usage."""
    logging.basicConfig(
        level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    try:
        command()
    except NeedsAnswer as exc:
        _fail(str(exc))
        sys.exit(2)
    except AppError as exc:
        sys.exit(_fail(str(exc)))
    except ValidationError as exc:
        sys.exit(_fail(f"setting {setting_name(exc)}: {exc.errors()[0]['msg']}"))
    except OSError as exc:
        sys.exit(_fail(f"{exc.strerror}: {exc.filename}" if exc.filename else str(exc)))


def _fail(reason: str) -> int:
    print(f"error: {' '.join(reason.split())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    name_removed_settings("warning")
    main()
