"""Checks of what readers see: the manifest, its files, the bodies the EBS serves."""

import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from pipeline.doctor.finding import Finding, ok, problem, warning
from pipeline.serving.body import MAX_BODY, STALE_S
from warehouse.atomic import open_file, read_file
from warehouse.config import DataFolder
from warehouse.durations import lasting_s
from warehouse.errors import NothingPublished, WarehouseBroken
from warehouse.kinds import shown_source
from warehouse.published.manifest import Manifest, read_manifest
from warehouse.published.reader import published_sources
from warehouse.published.reading import past_files

_MAGIC = b"PAR1"  # a Parquet file begins and ends with it
_AHEAD_S = 5.0
_AGAIN = "start the pipeline again: what is published is made anew"


def check_published(folder: DataFolder, running: bool) -> Iterator[Finding]:
    """That everything the manifest lists is there, and how old it is."""
    try:
        manifest = read_manifest(folder.manifest)
        broken = _broken(folder, manifest)
        if broken:  # or files went while they were looked at
            manifest = read_manifest(folder.manifest)
            broken = _broken(folder, manifest)
        coming = [p for p in broken if not (folder.published / p).exists()]
        if coming and len(coming) <= past_files(folder):
            broken = sorted({*broken} - {*coming})
            says = f"{len(coming)} files of the past are still in the bucket"
            yield warning("published", says, "the pipeline brings them, one after another")
    except NothingPublished:
        yield warning("published", "nothing yet", "start a pipeline: make run")
        return
    except WarehouseBroken as exc:
        says, _, do = str(exc).partition("; ")
        yield problem("published", says, do)
        return
    source = shown_source(manifest.source, published_sources(folder))
    if broken:
        yield problem("published", f"{len(broken)} files missing or cut: {broken[0]}", _AGAIN)
    else:
        rows = sum(file.rows for file in manifest.tables.get("windows", ()))
        says = f"version {manifest.version}, {source}, {rows} windows, all files whole"
        yield ok("published", says)
    if source == "import" and not running:
        yield ok("freshness", "imported logs alone: you need no pipeline")
        return
    yield _age(time.time() - manifest.published_at.timestamp(), running)


def check_latest(folder: DataFolder) -> Iterator[Finding]:
    """That each body could be served."""
    paths = sorted(folder.latest.glob("*.json"))
    bad = [path.name for path in paths if not _is_body(path)]
    if bad:
        yield problem("latest", f"{len(bad)} bodies cannot be served: {bad[0][:60]!a}", _AGAIN)
    elif paths:
        yield ok("latest", f"{len(paths)} channels can be served")


def _age(seconds: float, running: bool) -> Finding:
    if seconds < -_AHEAD_S:
        do = "set the clock; the pipeline corrects what it can when it runs"
        return problem("clock", f"the last publishing was {lasting_s(-seconds)} ahead of it", do)
    says = f"last published {lasting_s(seconds)} ago"
    if running and seconds > STALE_S:
        do = "look at the pipeline's log; is it paused, or are its channels all away?"
        return problem("freshness", f"{says}, though a pipeline runs", do)
    if not running and seconds > STALE_S:
        return warning("freshness", f"{says}, and no pipeline runs", "start one: make run")
    return ok("freshness", says)


def _broken(folder: DataFolder, manifest: Manifest) -> list[str]:
    return sorted(p for p in manifest.paths() if not _is_parquet(folder.published / p))


def _is_parquet(path: Path) -> bool:
    try:
        with open_file(path) as file:
            begins = file.read(4) == _MAGIC
            file.seek(-4, 2)
            return begins and file.read(4) == _MAGIC
    except OSError:  # also one shorter than that
        return False


def _is_body(path: Path) -> bool:
    try:
        raw = read_file(path)
        body = orjson.loads(raw)
        return len(raw) <= MAX_BODY and bool(body["v"] == 1 and body["channel_id"] == path.stem)
    except FileNotFoundError:  # forgotten meanwhile
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False
