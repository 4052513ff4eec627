"""`make run`: start pipeline, EBS and dashboard, say what to open, stop them all together."""

import http.client
import json
import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values
from honcho.environ import parse_procfile

from tools.channels import logins
from tools.checks import require_free_ports, require_kind, require_space
from tools.config import RunSettings, run_settings
from tools.dashboards import several
from tools.supervisor import Supervisor
from warehouse.config import DataFolder
from warehouse.errors import AppError
from warehouse.published.progress import Progress
from warehouse.removed_settings import name_removed_settings
from warehouse.version import ShowsVersion

TOLD = 0.2  # of what comes before live chat, between two lines
SHOWN = 5  # channels named by the banner
PATIENCE_S = 20.0  # then say what is still awaited
LET_IN_S = 15.0  # then it is not said that chat is read
READING = "DLD is reading"
IN_IT = ("live", "quiet", "offline")  # states of channels that the pipeline has joined
BINARIES = Path(sys.executable).parent  # of .venv: not resolved, python is a link in it


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    procfile: Annotated[Path, typer.Option(help="commands to start")] = Path("Procfile"),
    version: ShowsVersion = False,
) -> None:
    """Start pipeline, EBS and dashboard, and stop them all together.

    Exit code 0 when stopped by Ctrl-C or SIGTERM; 1 with one line when it cannot run or a part
    ended, 2 for a word in CHANNELS that is no channel.
    """
    name_removed_settings("dld")
    try:
        settings = run_settings()
        channels = logins(os.environ.get("CHANNELS", ""))
        env = environment(settings, channels, {**dotenv_values(".env"), **os.environ})
        require_kind(Path(env["DLD_DATA"]).absolute(), channels)
        require_free_ports(settings)
        require_space(Path(env["DLD_DATA"]).absolute())
        commands = parse_procfile(procfile.read_text()).processes
        if not settings.api_port:
            commands.pop("api", None)
        if settings.dashboard_processes > 1 and "dashboard" in commands:
            commands = several(commands, settings, Path(env["DLD_DATA"]).absolute())
        code = supervise(commands, env)
    except (AppError, OSError) as exc:
        print(f"dld: {exc}", file=sys.stderr)
        code = exc.exit_code if isinstance(exc, AppError) else 1
    raise typer.Exit(code)


def environment(
    settings: RunSettings, channels: list[str], given: Mapping[str, str | None]
) -> dict[str, str]:
    """Environment of the children: `given`, completed by what `make run` decides.

    given: environment over `.env`; an empty value counts as not set. Of `.env` only what is
    decided here is handed on: the rest, secrets too, each process reads for itself.
    """
    data = "data/live" if channels else "data/simulated"
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(BINARIES), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "DLD_DATA": given.get("DLD_DATA") or data,
        "DLD_DEVELOPMENT": given.get("DLD_DEVELOPMENT") or "1",
        "DLD_DASHBOARD_PORT": str(settings.dashboard_port),
        "DLD_EBS_HOST": settings.ebs_host,
        "DLD_EBS_PORT": str(settings.ebs_port),
        "DLD_API_HOST": settings.api_host,
        "DLD_API_PORT": str(settings.api_port),
        "SOURCE_ARGS": source_arguments(channels),
    }


def source_arguments(channels: list[str]) -> str:
    """Arguments of `python -m pipeline run`, quoted for a shell."""
    if not channels:
        return "--source simulate"
    return shlex.join(["--source", "irc", *(a for name in channels for a in ("--channel", name))])


def addresses(env: Mapping[str, str]) -> dict[str, str]:
    """Addresses that a person may open, by name."""
    urls = {"dashboard": f"http://127.0.0.1:{env['DLD_DASHBOARD_PORT']}"}
    if env["DLD_DEVELOPMENT"].lower() in ("1", "true", "yes", "on"):
        urls["extension preview"] = f"{_url(env, 'EBS')}/preview/"
    if env["DLD_API_PORT"] != "0":
        urls["data for scripts"] = f"{_url(env, 'API')}/openapi.json"
    return urls


def _url(env: Mapping[str, str], part: str) -> str:
    """Of a part of ours, on this machine."""
    host = env[f"DLD_{part}_HOST"]
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    return f"http://{f'[{host}]' if ':' in host else host}:{env[f'DLD_{part}_PORT']}"


def supervise(commands: Mapping[str, str], env: Mapping[str, str]) -> int:
    """Run the commands, by name, until one ends (1) or they are told to stop (0)."""
    above, below = banner(env)
    greeting = partial(as_it_is, above, env)

    def tell() -> None:
        announce(addresses(env), greeting, below)
        tell_progress(DataFolder(Path(env["DLD_DATA"]).absolute()))

    supervisor = Supervisor(commands, env, tell)
    supervisor.loop()
    if supervisor.ended:
        print(f"dld: {supervisor.ended[0]} ended, so the rest was stopped", file=sys.stderr)
        return 1
    return 0


def banner(env: Mapping[str, str]) -> tuple[str, str]:
    """Lines above and below the addresses."""
    arguments = shlex.split(env["SOURCE_ARGS"])
    if "irc" not in arguments[:2]:
        return f"DLD is running on simulated chat, its data in {env['DLD_DATA']}. Open", ""
    names = [name for name in arguments[2:] if name != "--channel"]
    data = shlex.quote(env["DLD_DATA"])
    more = f"DLD_DATA={data} .venv/bin/python -m pipeline channels add NAME"
    return (
        f"{READING} the public chat of {_shortly(names)}, anonymously, "
        f"its data in {env['DLD_DATA']}. Open",
        f"To read more of them while it runs (or: remove, list):\n  {more}\n",
    )


def _shortly(names: list[str]) -> str:
    shown = names[:SHOWN]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def as_it_is(greeting: str, env: Mapping[str, str]) -> str:
    """The greeting, and nothing of reading before Twitch has let us in."""
    until = time.monotonic() + LET_IN_S
    while READING in greeting and not has_joined(env):
        if time.monotonic() > until:
            waits = greeting.replace(READING, "DLD is not yet reading (Twitch does not answer)")
            return f"{waits.removesuffix('. Open')}.\nWhy not: python -m pipeline doctor. Open"
        time.sleep(0.5)
    return greeting


def has_joined(env: Mapping[str, str]) -> bool:
    """True if the pipeline is known to be in a channel; asked beside, which needs DuckDB."""
    asked = [sys.executable, "-m", "pipeline", "channels", "list", "--format", "json"]
    try:
        done = subprocess.run(asked, env=env, capture_output=True, timeout=20)
        return any(row["state"] in IN_IT for row in json.loads(done.stdout))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False


def announce(awaited: Mapping[str, str], greeting: Callable[[], str], more: str = "") -> None:
    """Print the addresses once all of them answer; say which do not after PATIENCE_S."""
    complain_at = time.monotonic() + PATIENCE_S
    missing = dict(awaited)
    while missing := {name: url for name, url in missing.items() if not answers(url)}:
        if time.monotonic() > complain_at:
            print(f"dld: still waiting for the {' and the '.join(missing)}", flush=True)
            complain_at += PATIENCE_S
        time.sleep(0.25)
    lines = [f"  {name:<18} {url}" for name, url in awaited.items()]
    print("\n".join(["", greeting(), *lines, f"{more}Ctrl-C stops everything.", ""]), flush=True)


def tell_progress(folder: DataFolder) -> None:
    """A line for every fifth of what comes before live chat, and one when it is there."""
    told: Progress | None = None
    while coming := Progress.read(folder):
        if told is None or coming.share - told.share >= TOLD:
            told = coming
            print(f"dld: {coming}", flush=True)
        time.sleep(0.5)
    if told:
        print("dld: all of it is there; chat is live from here on", flush=True)


def answers(url: str) -> bool:
    """True if a GET of url succeeds within 2 s; a proxy set for the outside world is not asked."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2):
            return True
    except (OSError, http.client.HTTPException):
        return False
