"""The documents name what is there: links, files, commands, options, settings, targets."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import typer.main
from click import Command

from models.__main__ import app as models
from pipeline.cli.app import COMMANDS as PIPELINE
from tests.contract.test_settings_docs import documented
from tests.helpers.paths import ROOT
from tools.run import app as tools
from warehouse.__main__ import COMMANDS as WAREHOUSE
from warehouse.commands import app_of
from warehouse.removed_settings import REMOVED

# what was so when it was written down may be gone since: CHANGELOG.md, DECISIONS.md
DOCS = [
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / f"{name}.md" for name in ("README", "DEVELOPING", "SECURITY", "ARCHITECTURE")),
]
with pytest.MonkeyPatch.context() as patch:
    # it would keep libraries out of this process, which other tests need
    patch.setitem(sys.modules, "ebs.lean_imports", ModuleType("ebs.lean_imports"))
    EBS = import_module("ebs.__main__").cli
APPS = {
    "pipeline": app_of(PIPELINE, []), "warehouse": app_of(WAREHOUSE, []), "models": models,
    "ebs": EBS, "tools": tools,
}  # fmt: skip
FOLDERS = (
    "dashboard",
    "deploy",
    "docs",
    "ebs",
    "extension",
    "models",
    "pipeline",
    "tests",
    "tools",
)
OF_TOOLS = {"DLD_EXTENSION_EBS"}  # read by `make` alone
every_document = pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)


@every_document
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8"))
    inside = [link.partition("#") for link in links if not link.startswith(("http:", "https:"))]
    dead = [
        name + sharp + anchor
        for name, sharp, anchor in inside
        if not (there := path.parent / name if name else path).exists()
        or (anchor and anchor not in anchors(there))
    ]
    assert dead == []


@every_document
def test_every_file_that_is_named_is_there(path: Path) -> None:
    named = re.findall(rf"`((?:{FOLDERS})/[\w/.-]+)`", path.read_text("utf-8"))
    assert [name for name in named if not there(name)] == []


@every_document
def test_every_command_and_option_is_there(path: Path) -> None:
    unknown = [line for line, package, words in commands(path) if not is_understood(package, words)]
    assert unknown == []


@every_document
def test_every_setting_is_there(path: Path) -> None:
    named = set(re.findall(r"\bDLD_[A-Z_]*[A-Z]\b(?![_*])", path.read_text("utf-8")))
    known = documented().keys() | REMOVED.keys() | OF_TOOLS
    assert {n for n in named - known if not n.startswith(("DLD_BENCH_", "DLD_REQUIRE_"))} == set()


@every_document
def test_every_target_of_make_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w.-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = re.findall(
        r"(?:^ {4}|`)(?:\w+=\S+ )*make ([a-z][\w.-]*)", path.read_text(), re.MULTILINE
    )
    assert [t for t in asked if t not in targets and not t.startswith("setup-")] == []


def there(name: str) -> bool:
    """A file, a folder, or a module without its .py."""
    return any(map(Path.exists, (ROOT / name, ROOT / f"{name}.py")))


@cache
def anchors(path: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    kept = (
        re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", h).lower()) for h in headings
    )
    return {heading.strip().replace(" ", "-") for heading in kept}


def commands(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """(line, package, words behind it) of each `python -m OURS ...` in code."""
    text = path.read_text("utf-8")
    code = re.findall(r"^ {4,}(.+)$", text, re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)
    for line in code:
        if found := re.search(rf"python -m ({'|'.join(APPS)})\b(?!\.)(.*)", line):
            words = re.split(r" {2,}", found[2])[0]  # what follows says what it does
            yield line, found[1], words.replace("[", " ").replace("]", " ").split()


def is_understood(package: str, words: list[str]) -> bool:
    """All commands that are named, parted by |, are there, and one of them takes each option."""
    application = typer.main.get_command(APPS[package])
    takes = options_by_name(application)
    named = re.findall(r"(?:^|\| )([a-z][a-z-]*)", " ".join(words)) if takes else []
    asked = {word.split("=")[0].strip(",.:;") for word in words if word.startswith("--")}
    known = {"--help"}.union(options_of(application), *(takes.get(name, ()) for name in named))
    return takes.keys() >= set(named) and asked <= known


def options_by_name(group: Command) -> dict[str, set[str]]:
    """Of every command in it, with those of the commands in that."""
    found: dict[str, set[str]] = {}
    for name, command in getattr(group, "commands", {}).items():
        inner = options_by_name(command)
        for key, options in [*inner.items(), (name, options_of(command).union(*inner.values()))]:
            found[key] = found.get(key, set()) | options
    return found


def options_of(command: Command) -> set[str]:
    return {o for given in command.params for o in (*given.opts, *given.secondary_opts)}
