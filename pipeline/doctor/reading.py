"""Checks of what a run would use: the list of channels, who opted out, the model."""

import logging
import time
from collections.abc import Iterator, Sequence

from models.versions.registry import serving
from pipeline.config import PipelineSettings
from pipeline.doctor.finding import Finding, ok, problem, warning
from pipeline.sources.channel_list import load_channels
from pipeline.sources.eventsub.scopes import CLIP, CLIP_PAST, MARK, lacking
from pipeline.sources.eventsub.tokens import TokenFile
from warehouse.config import ConsentSettings, DataFolder
from warehouse.consent import load_optout, unclear_entries
from warehouse.errors import AppError, ModelUnusable, NotAuthorised, PackageMissing
from warehouse.packages import require_packages
from warehouse.published.reader import published_identities
from warehouse.published.reading import published_refusals, published_troubles, waited_for

_NAMED = 5  # channels of a line
_WAIT = "it is tried again by itself"
_LOGIN = "python -m pipeline login"


def check_channels(folder: DataFolder) -> Iterator[Finding]:
    """The kept list, and who is not read although they are on it."""
    try:
        optout, who = load_optout(folder.optout), published_identities(folder)
    except AppError as exc:
        says, _, do = str(exc).partition("; ")
        yield problem("opt-out", says, do)
        return
    if told := unclear_entries(folder.optout, optout):
        says, _, do = told.partition("; ")
        yield warning("opt-out", says, do)
    try:
        names = load_channels(folder.channels)
    except AppError as exc:
        says, _, do = str(exc).rpartition("; ")
        yield problem("channels", says, do)
        return
    left = [name for name in names if not optout.has(name, who)]
    if len(left) < len(names):
        do = "python -m pipeline channels remove, or opt-out --undo"
        yield warning("channels", f"{len(names) - len(left)} of them opted out: not read", do)
    yield ok("channels", f"{len(left)} to be read live" if left else "none kept for live chat")


def check_reading(folder: DataFolder, running: bool) -> Iterator[Finding]:
    """What a running pipeline does not read, and why; a line a reason."""
    channels: dict[str, list[str]] = {}
    troubles = published_troubles(folder, time.time()) if running else {}
    called = published_identities(folder).name_of
    for what, trouble in troubles.items():
        channels.setdefault(trouble.says, []).append(what)
    for names in channels.values():
        trouble = troubles[names[0]]
        since = f"{trouble.what} (since {trouble.since:%H:%M} UTC)"
        if "" in names:
            yield problem("reading", since, trouble.do or _WAIT)
        else:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            of = ", ".join(sorted(map(called, names))[:_NAMED]) + more
            yield warning("reading", f"{of}: {since}", trouble.do or _WAIT)


def check_shards(folder: DataFolder) -> Iterator[Finding]:
    """Requests that wait for other shards to do them."""
    for shard, n in waited_for(folder).items():
        do = f"see that the daemon of shard {shard} runs and reaches the bucket"
        yield warning("shards", f"{n} requests wait for shard {shard}", do)


def check_model(folder: DataFolder) -> Iterator[Finding]:
    """That there is a model that forecasts."""
    settings = PipelineSettings()
    if not settings.forecast:
        yield ok("model", "forecasts are switched off (DLD_FORECAST)")
        return
    if settings.retrain:
        yield from _check_training()
    loud = logging.getLogger("models")
    level = loud.level
    loud.setLevel(logging.CRITICAL)  # it is said here
    try:
        yield ok("model", f"{next(iter(serving(folder)))} forecasts")
    except ModelUnusable as exc:
        do = "python -m models train, or restore models/weights from the repository"
        yield warning("model", f"none: {exc}; everything but forecasts works", do)
    finally:
        loud.setLevel(level)


def _check_training() -> Iterator[Finding]:
    try:
        require_packages("train")
    except PackageMissing as exc:
        says, _, do = str(exc).partition("; ")
        yield warning("model", f"DLD_RETRAIN is on, but {says}", do)


def check_markers(folder: DataFolder, running: bool) -> Iterator[Finding]:
    """That the login allows what DLD_MARKERS and DLD_CLIPS ask for, that they name channels, and
    what Twitch refused."""
    consent = ConsentSettings()
    wanted: list[tuple[str, ...]] = [MARK] if consent.markers else []
    wanted += [CLIP, CLIP_PAST] if consent.clips else []
    try:
        scopes = TokenFile(folder.root).load().scopes if wanted else ()
    except (NotAuthorised, OSError):
        scopes = ()
    for needed in wanted:
        if do := lacking(scopes, needed):
            yield problem("markers", f"the login does not allow {needed[0]}", do)
    yield from _unmet(folder, consent.names)
    for what, why in published_refusals(folder).items() if running and wanted else ():
        says, _, do = why.partition("; ")
        yield warning("markers", f"{what}: {says}", do)


def _unmet(folder: DataFolder, names: Sequence[str]) -> Iterator[Finding]:
    """Names for markers and clips that fit no channel; quiet where no channel was read yet."""
    who = published_identities(folder)
    listed = _listed_channels(folder)
    for name in names if who.rows() else ():
        is_met = who.by_id(name.removeprefix("id:")) if name.startswith("id:") else name in listed
        key = who.resolve(name)
        if not is_met and not (who.knows(key) and who.name_of(key) == name):
            do = "correct DLD_MARKERS or DLD_CLIPS: logins of today, or id:12345678"
            yield warning("markers", f"{name} is no channel that is read or ever was", do)


def _listed_channels(folder: DataFolder) -> list[str]:
    try:
        return load_channels(folder.channels)
    except AppError:  # which is told of the list
        return []


def check_tokens(folder: DataFolder, needed: frozenset[str]) -> Iterator[Finding]:
    """The login at Twitch. needed: scopes without which eventsub cannot read chat."""
    file = TokenFile(folder.root)
    if not file.path.exists():
        yield ok("login", "none; only --source eventsub needs one")
        return
    try:
        token = file.load()
    except NotAuthorised as exc:
        says, _, do = str(exc).rpartition(": ")
        yield problem("login", says, do)
        return
    except OSError as exc:
        yield problem("login", f"{file.path}: {exc.strerror}", "make it readable to yourself")
        return
    lacking = sorted(needed - set(token.scopes))
    if lacking:
        yield problem("login", f"it does not allow {' '.join(lacking)}", f"again: {_LOGIN}")
    elif token.expires_at < time.time():
        do = f"eventsub renews it at its next start; if that fails: {_LOGIN}"
        yield warning("login", "the access token has expired", do)
    else:
        hours = (token.expires_at - time.time()) / 3600
        yield ok("login", f"valid for {hours:.1f} hours, then renewed; {len(token.scopes)} scopes")
