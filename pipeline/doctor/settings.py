"""Checks of settings: names that nothing reads, values that cannot be used.

.env.example is the one list of what there is; the EBS and the dashboard check the values of
their own settings when they start.
"""

import difflib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from pipeline import config
from pipeline.doctor.finding import Finding, ok, problem, warning
from warehouse import config as shared
from warehouse.config import refused_settings
from warehouse.removed_settings import REMOVED, removed_settings

_USERINFO = re.compile(r"//[^/\s]*@")  # name and password in an address that a reason quotes
_EXAMPLE = Path(__file__).parents[2] / ".env.example"
# of the benches and of `make run`, which are no settings of a user's
_OTHER = re.compile(r"DLD_BENCH_\w+")
_NEEDS = {
    "DLD_TWITCH_CONDUIT_ID": "DLD_TWITCH_CLIENT_SECRET",
    "DLD_TWITCH_CLIENT_SECRET": "DLD_TWITCH_CLIENT_ID",
    "DLD_EBS_OWNER_ID": "DLD_EBS_CLIENT_IDS",
}
CLASSES: tuple[type[BaseSettings], ...] = tuple(
    value
    for module in (shared, config)
    for value in vars(module).values()
    if isinstance(value, type)
    and issubclass(value, BaseSettings)
    and value.__module__ == module.__name__
)


def check_settings() -> Iterator[Finding]:
    """What is wrong with each setting; one ok when nothing is."""
    wrong = [*_removed(), *_unknown(), *_unusable(), *_lacking()]
    yield from wrong
    if not wrong:
        given = len(_given() & _documented())
        yield ok("settings", f"{given} set, the rest as in .env.example")


def _removed() -> Iterator[Finding]:
    for name, sentence in removed_settings().items():
        yield warning("settings", sentence, f"take {name} out of the environment or .env")


def _unknown() -> Iterator[Finding]:
    known = _documented()
    for name in sorted(_given() - known - set(REMOVED)):
        if _OTHER.fullmatch(name):
            continue
        near = difflib.get_close_matches(name, known, 1, 0.8)
        do = f"is it {near[0]}?" if near else "remove it; .env.example lists all there are"
        yield warning("settings", f"{name[:60]!a} is set, and nothing reads it", do)


def _unusable() -> Iterator[Finding]:
    for cls in CLASSES:
        try:
            cls()
        except ValidationError as exc:
            name, reason = refused_settings(exc)[0]
            do = "correct it in the environment or in .env"
            yield problem("settings", f"{name}: {_USERINFO.sub('//…@', reason)}", do)


def _lacking() -> Iterator[Finding]:
    """Settings that do nothing without another one."""
    given = {name.upper(): value for name, value in {**dotenv_values(".env"), **os.environ}.items()}
    for name, other in _NEEDS.items():
        if given.get(name) and not given.get(other):
            yield problem("settings", f"{name} is set without {other}", f"set {other} too")


def _given() -> set[str]:
    """Names set in the environment or .env. Empty values count: they are set."""
    names = {*os.environ, *dotenv_values(".env")}
    return {name.upper() for name in names if name.upper().startswith("DLD_")}


def _documented() -> set[str]:
    return set(re.findall(r"^#(DLD_\w+)=", _EXAMPLE.read_text(), re.MULTILINE))
