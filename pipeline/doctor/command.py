"""`python -m pipeline doctor`: every check, a line each, and what to do."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from typing import Annotated

import orjson
import typer
from pydantic import ValidationError

from pipeline.doctor.finding import PROBLEM, Finding, problem
from pipeline.doctor.folder import (
    check_disk,
    check_folder,
    check_inbox,
    check_kind,
    check_private,
    check_warehouse,
    is_running,
)
from pipeline.doctor.machines import check_bucket, check_mirror, check_queue
from pipeline.doctor.network import ask_all, check_clock, check_endpoints
from pipeline.doctor.published import check_latest, check_published
from pipeline.doctor.reading import (
    check_channels,
    check_markers,
    check_model,
    check_reading,
    check_shards,
    check_tokens,
)
from pipeline.doctor.settings import check_settings
from pipeline.sources.channel_list import load_channels
from pipeline.sources.eventsub.scopes import READ_CHAT
from pipeline.sources.eventsub.tokens import TokenFile
from pipeline.sources.registry import SOURCES
from pipeline.web import ENDPOINTS
from warehouse.config import DataFolder, TwitchAddress, data_folder
from warehouse.errors import AppError

_SCOPES = frozenset({READ_CHAT})


class ReportFormat(StrEnum):
    """Form in which findings are printed."""

    text = "text"
    json = "json"


def doctor(
    format: Annotated[ReportFormat, typer.Option(help="text or json")] = ReportFormat.text,
) -> None:
    """Check settings, folder, data, login and network, and say what to do; 1 for a problem."""
    findings = list(examine())
    if format is ReportFormat.json:
        rows = orjson.dumps([asdict(finding) for finding in findings], option=orjson.OPT_INDENT_2)
        sys.stdout.buffer.write(rows + b"\n")
    else:
        sys.stdout.write("".join(map(_line, findings)))
    if any(finding.status == PROBLEM for finding in findings):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """All findings, as far as each can be made."""
    folder = data_folder()
    running = is_running(folder)
    checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("settings", check_settings),
        ("data", partial(check_folder, folder)),
        ("disk", partial(check_disk, folder)),
        ("privacy", partial(check_private, folder)),
        ("warehouse", partial(check_warehouse, folder)),
        ("data", partial(check_kind, folder)),
        ("inbox", partial(check_inbox, folder, running)),
        ("published", partial(check_published, folder, running)),
        ("latest", partial(check_latest, folder)),
        ("channels", partial(check_channels, folder)),
        ("reading", partial(check_reading, folder, running)),
        ("shards", partial(check_shards, folder)),
        ("queue", partial(check_queue, folder)),
        ("bucket", partial(check_bucket, folder)),
        ("mirror", partial(check_mirror, folder)),
        ("model", partial(check_model, folder)),
        ("login", partial(check_tokens, folder, _SCOPES)),
        ("markers", partial(check_markers, folder, running)),
        ("network", partial(_outside, folder)),
    ]
    for name, check in checks:
        yield from _guarded(name, check)


def _guarded(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """A check that cannot be made is a finding; the others are made all the same."""
    try:
        yield from check()
    except ValidationError:
        yield problem(name, "cannot be checked", "correct the settings first")
    except (AppError, OSError) as exc:
        says = f"cannot be checked: {getattr(exc, 'strerror', None) or type(exc).__name__}"
        yield problem(name, says, "see that the files in DLD_DATA can be read")


def _outside(folder: DataFolder) -> Iterator[Finding]:
    twitch = TwitchAddress()
    answers = ask_all((name, twitch.of(url)) for name, url in ENDPOINTS.items())
    has_login, reads_live = TokenFile(folder.root).path.exists(), _reads_live(folder)
    needed = {
        url
        for kind in SOURCES.values()
        if (has_login if kind.needs_login else reads_live)
        for url in kind.endpoints
    }
    yield from check_endpoints(answers, [n for n, url in ENDPOINTS.items() if url in needed])
    yield from check_clock(answers)


def _reads_live(folder: DataFolder) -> bool:
    try:
        return bool(load_channels(folder.channels))
    except AppError:
        return True  # it is kept, at least


def _line(finding: Finding) -> str:
    do = f"\n{'':20}{finding.do}" if finding.do else ""
    return f"{finding.status:8}{finding.check:12}{finding.says}{do}\n"
