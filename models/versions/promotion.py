"""Changes of what serves: promote a version, roll back to the one before, say how each stands."""

import logging
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from models.versions.choice import Choice, Past, read_choice, write_choice
from models.versions.registry import SHIPPED, Version, candidates, usable, versions
from warehouse.config import DataFolder
from warehouse.errors import BadInput, ModelUnusable
from warehouse.records import iso

KEPT_REJECTED = 10  # a training a night would fill backups with networks that nobody will serve
logger = logging.getLogger(__name__)


def promote(folder: DataFolder, name: str, why: str, shipped: Path = SHIPPED) -> Choice:
    """From now on `name` serves (with or without lstm-); what served becomes the previous one.

    Raises BadInput for a version that is not there or serves already, ModelUnusable for one
    that cannot be loaded.
    """
    version = find(folder, name, shipped)
    version.forecasters()
    now, before = iso(datetime.now(UTC)), in_force(folder, shipped)
    if before and before.version == version.path.name:
        if _read(folder) is None:  # it serves for being the newest: from now on by choice
            return _write(folder, replace(before, since=now, why=why))
        raise BadInput(f"{version.model} serves already")
    previous = (before.left(now), *before.previous) if before else ()
    return _write(folder, Choice(version.path.name, now, why, previous))


def rollback(folder: DataFolder, shipped: Path = SHIPPED) -> Choice:
    """Serve what served before. Raises BadInput where nothing did, or nothing that still could."""
    current = _read(folder)
    if current is None or not current.previous:
        raise BadInput("no version served before this one; see python -m models versions")
    now, past_choices = iso(datetime.now(UTC)), list(current.previous)
    while past_choices:
        past = past_choices.pop(0)
        if past["version"] != current.version and _loads(folder, past, shipped):
            why = f"rolled back from {current.version}"
            return _write(folder, Choice(past["version"], now, why, tuple(past_choices)))
    raise BadInput("none of the versions that served before can be loaded any more")


def _loads(folder: DataFolder, past: Past, shipped: Path) -> bool:
    try:
        find(folder, past["version"], shipped).forecasters()
    except (BadInput, ModelUnusable) as error:
        logger.warning("model refused version=%s why=%s", past["version"], error)
        return False
    return True


def find(folder: DataFolder, name: str, shipped: Path = SHIPPED) -> Version:
    """The version of that name. Raises BadInput."""
    version = name.removeprefix("lstm-")
    by_name = {v.path.name: v for v in versions(folder, shipped)}
    if version not in by_name:
        raise BadInput(f"no version {version}; there are: {', '.join(by_name) or 'none'}")
    return by_name[version]


def in_force(folder: DataFolder, shipped: Path = SHIPPED) -> Choice | None:
    """The choice, or what stands for it: the version that serves for want of one."""
    chosen = _read(folder)
    if chosen:
        return chosen
    good = {v.path for v in usable(folder, shipped)}
    version = next((v for v in candidates(folder, shipped) if v.path in good), None)
    if version is None:
        return None
    return Choice(version.path.name, version.card["trained_at"], "the newest shipped")


def _read(folder: DataFolder) -> Choice | None:
    try:
        return read_choice(folder)
    except ModelUnusable as error:
        logger.warning("%s", error)
        return None


def _write(folder: DataFolder, choice: Choice) -> Choice:
    write_choice(folder, choice)
    return choice


def statuses(
    folder: DataFolder, served: str = "", shipped: Path = SHIPPED
) -> list[tuple[Version, str]]:
    """Every version, newest first, with how it stands. served: what the daemon has loaded,
    if one asks.

    serving; refused: damaged, or made for other features; rejected: compared, and not better;
    candidate: of this install, never compared nor served; available: all others.
    """
    good = {v.path for v in usable(folder, shipped)}
    tried = [v for v in candidates(folder, shipped) if v.path in good]
    serves = served or (tried[0].model if tried else "")
    choice = _read(folder)
    chosen = choice.version if choice else ""
    before = {p["version"] for p in choice.previous} if choice else set()
    standing = []
    for version in versions(folder, shipped):
        name = version.path.name
        if version.model == serves:
            status = "serving"
        elif version.path not in good or name == chosen:  # the daemon could not load it
            status = "refused"
        elif version.path.parent == shipped or name in before:
            status = "available"
        else:
            verdict = version.card.get("verdict") or {}
            status = "rejected" if verdict.get("better") is False else "candidate"
        standing.append((version, status))
    return standing


def tidy(folder: DataFolder, shipped: Path = SHIPPED) -> list[str]:
    """Delete all but the newest rejected versions, and all but the newest of which too little
    was there to judge by, which may be so every night; none that served. Their names."""
    standing = statuses(folder, shipped=shipped)
    rejected = [v for v, status in standing if status == "rejected"]
    untold = [v for v, status in standing if status == "candidate" and _is_untold(v)]
    old = [*rejected[KEPT_REJECTED:], *untold[KEPT_REJECTED:]]
    for version in old:
        shutil.rmtree(version.path)
    return [version.path.name for version in old]


def _is_untold(version: Version) -> bool:
    """Whether it was compared, and could not be told from what served."""
    verdict = version.card.get("verdict") or {"better": False}
    return verdict.get("better") is None
