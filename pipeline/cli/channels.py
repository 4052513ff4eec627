"""`python -m pipeline channels`: what is read live, changed while it is."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.cli.output import FormatOption, OutputFormat, print_json
from pipeline.requests.client import ask
from pipeline.serving.body import STALE_S
from pipeline.sources.channel_list import channel_logins, load_channels
from warehouse.config import DataFolder, data_folder
from warehouse.consent import load_optout
from warehouse.published.folder import PublishedFolder, read_bodies
from warehouse.published.reader import published_identities
from warehouse.published.reading import published_troubles
from warehouse.records import iso

channels = typer.Typer(no_args_is_help=True, help="The channels that are read live.")
Names = Annotated[list[str], typer.Argument(help="logins, or addresses of channels")]
Body = dict[str, Any]  # what is served of a channel (serving/body.py)


@channels.command()
def add(names: Names) -> None:
    """Read these channels too; a running pipeline joins them within seconds."""
    _change("add", names)


@channels.command()
def remove(names: Names) -> None:
    """Read these channels no longer; `forget` deletes what is stored of them."""
    _change("remove", names)


@channels.command("list")
def list_(
    format: FormatOption = OutputFormat.table,
) -> None:
    """List the channels, and the state of each."""
    folder = data_folder()
    rows = states(folder, time.time())
    if format is OutputFormat.json:
        print_json(rows)
        return
    table = Table("channel", "state", "last window", "messages in it", "seen")
    for row in rows:
        seen = "" if row["seen"] is None else "yes" if row["seen"] else "no"
        n = "" if row["n"] is None else str(row["n"])
        table.add_row(row["channel"], _words(row), row["last_window"] or "", n, seen)
    Console().print(table if rows else f"no channels in {folder.channels}")


def _words(row: dict[str, Any]) -> str:
    """The state, and why it is not read."""
    if "trouble" not in row:
        return str(row["state"])
    return escape(f"{row['state']} since {row['since'][11:16]} UTC: {row['trouble']}")


def _change(change: str, words: list[str]) -> None:
    folder, names = data_folder(), channel_logins(words)  # refused before anything is asked
    ask(folder, "channels", {"change": change, "channels": names})
    now = load_channels(folder.channels)
    print(f"channels in {folder.root}: {' '.join(now) or 'none'}")


def states(folder: DataFolder, now: float) -> list[dict[str, Any]]:
    """A dictionary a kept channel. now: the wall clock, epoch seconds.

    state: live, quiet, offline as published; 'stale' when nothing was published lately, 'new'
    when nothing has been yet, 'opted out', 'not read'; then trouble says why, and since when (ISO).
    last_window: its start, ISO; n: messages in it. seen: whether it was observed at all. None is
    not known.
    """
    troubles = published_troubles(folder, now)
    optout, who = load_optout(folder.optout), published_identities(folder)
    bodies = _published(folder)
    rows = []
    for name in load_channels(folder.channels):
        key = who.resolve(name)
        body = bodies.get(who.name_of(key))
        row = {"channel": name, "state": "new", "last_window": None, "n": None, "seen": None}
        if body:
            row |= {"state": _state(body, now), **_last(body)}
        if optout.has(name, who):
            row["state"] = "opted out"
        elif trouble := troubles.get(key) or troubles.get(""):
            row |= {"state": "not read", "trouble": trouble.says, "since": iso(trouble.since)}
        rows.append(row)
    return rows


def _published(folder: DataFolder) -> dict[str, Body]:
    """By login; one that cannot be read is as if it were not there."""
    bodies = read_bodies(PublishedFolder(folder.latest))
    return {str(body["login"]): body for _, body in bodies if "login" in body}


def _state(body: Body, now: float) -> str:
    there = now + float(body.get("clock_offset_s") or 0.0)
    is_old = there - _seconds(body["generated_at"]) > STALE_S
    return "stale" if is_old else str(body["status"])


def _last(body: Body) -> dict[str, Any]:
    if not body["history"]:
        return {}
    at, _, n = body["history"][-1]
    return {"last_window": at, "n": n, "seen": n is not None}


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).astimezone(UTC).timestamp()
