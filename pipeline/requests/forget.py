"""Forgetting: a chatter's messages, or all of a channel.

Each step can be done again after a crash: what a later step needs goes last.
"""

import math
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

import orjson
import pyarrow as pa

from models.versions.forget import forget_channel as forget_in_models
from pipeline.chat.message import Message
from pipeline.forecasting.model_rows import model_rows
from pipeline.requests.workspace import Site
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.windows.rebuild import Place, recount, remade
from pipeline.windows.rows import sample_rows, term_rows, window_rows
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.erase import erase_channel, erase_terms, sample_keys
from warehouse.published.publisher import samples_schema
from warehouse.records import iso, utc, window_start

_NAME = re.compile(r"@?\w{1,25}")
Change = Callable[[Message], Message | None]


def forget_chatter(site: Site, who: int) -> None:
    """Drop the messages of a chatter, by hash, and make the windows they were in again."""
    mask = _masking(site, who)
    change = _without(who, mask)
    site.buffer.flush()
    places = {
        (item.channel, window_start(item.at))
        for item in site.buffer.items_since(0)
        if isinstance(item, Message) and change(item) is not item
    }
    gate = Gate(site.scorers.knows, site.hasher.of)
    gate.hidden = {who, *site.optout.chatters}
    found = recount(site.buffer, places, change, site.scorers, gate)
    made = list(remade(found, site.store, site.scorers))
    _forget_name(site, who)
    _keep(site, made, gate)
    _forget_in_memory(site, who, mask, made)
    _publish(site, [closed for closed, _, _ in made], gate, places)
    site.buffer.rewrite(lambda item: change(item) if isinstance(item, Message) else item)


def forget_channel(site: Site, channel: str) -> None:
    """Drop all there is of a channel, here and in what is published."""
    only = site.engine.forget_channel(channel) if site.engine else []
    keys = sample_keys(site.folder, site.publisher, channel)
    _forget_in_models(site, channel)
    erase_channel(site.store, channel)
    if only:
        named = {"terms": only}
        gone = [("forget_proposals", named), ("forget_term_alerts", named)]
        site.store.write({}, before=gone)
    site.publisher.publish(drop_samples_before=_oldest(site), drop_samples_of=keys)
    site.publisher.collect_garbage(math.inf)
    _drop_latest(site, channel)
    site.buffer.rewrite(lambda item: None if item.channel == channel else item)


def _forget_in_models(site: Site, channel: str) -> None:
    """Cards name the channels they were trained on, and so do the rows of `models`."""
    if forget_in_models(site.folder, channel):
        served = site.engine.forecasts.served if site.engine else ""
        rows = site.store.rows("models", model_rows(site.folder, served))
        site.store.write({"models": rows})


def stop_reading(site: Site, channel: str) -> None:
    """A channel that opted out is served no longer; what it streams ends here."""
    if site.engine:
        site.engine.forget_channel(channel)
    site.store.write({}, before=[("end_streams", {"channel": channel})])
    _drop_latest(site, channel)


def _masking(site: Site, who: int) -> Callable[[str], str]:
    """The text with the name of `who` as @…: after an @, or where it is no known word."""

    def masked(found: re.Match[str]) -> str:
        word = found[0].lstrip("@").lower()
        if site.hasher.of(word) != who:
            return found[0]
        is_name = found[0].startswith("@") or not site.scorers.knows(word)
        return "@…" if is_name else found[0]

    return lambda text: _NAME.sub(masked, text)


def _without(who: int, mask: Callable[[str], str]) -> Change:
    """None for a message of `who`, one that names them without the name, any other as it is."""

    def change(message: Message) -> Message | None:
        if int(message.chatter or 0) == who:
            return None
        text = mask(message.text)
        return message if text == message.text else replace(message, text=text)

    return change


def _keep(site: Site, made: list[tuple[Closed, str, bool]], gate: Gate) -> None:
    """Windows made again, and their terms, into the warehouse."""
    by_source: dict[str, list[Closed]] = defaultdict(list)
    starts: dict[str, list[float]] = defaultdict(list)
    for closed, source, whole in made:
        if whole:
            by_source[source].append(closed)
            starts[closed.window.channel].append(closed.window.start.timestamp())
    rows = [row for source, group in by_source.items() for row in window_rows(group, source)]
    terms = term_rows([c for group in by_source.values() for c in group], gate)
    store = site.store
    store.write(
        {"windows": store.rows("windows", rows), "window_terms": store.rows("window_terms", terms)},
        before=[("clear_terms_at", {"channel": c, "starts": s}) for c, s in starts.items()],
    )
    # those that are silent now have no rows that would replace the published ones
    gone = [(c, utc(s).replace(tzinfo=None)) for c, found in starts.items() for s in found]
    store.replaced.setdefault("window_terms", []).extend(gone)


def _forget_name(site: Site, who: int) -> None:
    """Terms of old that were the chatter's name."""
    stored = site.store.query("stored_terms").column("term").to_pylist()
    names = [t for t in stored if site.hasher.of(t) == who and not site.scorers.base.knows(t)]
    if names:
        erase_terms(site.store, names)
        site.scorers.forget_terms(names)
        if site.engine:
            site.engine.intake.vocabulary.drop(names)
            site.engine.webhook.forget_terms()


def _forget_in_memory(
    site: Site, who: int, mask: Callable[[str], str], made: list[tuple[Closed, str, bool]]
) -> None:
    engine = site.engine
    if engine is None:
        return

    def change(line: ScoredMessage) -> ScoredMessage | None:
        if line.chatter == who:
            return None
        text = mask(line.text)
        return line if text == line.text else line._replace(text=text)

    engine.intake.forget(who, change)
    for window in (closed.window for closed, _, whole in made if whole):
        engine.forecasts.changed(window)
        windows = engine.mood(window.channel).windows
        for place, known in enumerate(windows):
            if known.start == window.start:
                windows[place] = window
        held = engine.intake.track(window.channel).done.get(int(window.start.timestamp()))
        if held:
            held.cell.filtered = window.n_filtered


def _publish(site: Site, made: list[Closed], gate: Gate, places: set[Place]) -> None:
    """At once, and what was published before is unlinked, in use or not."""
    since = utc(time.time() - site.settings.retention_h * 3600)
    lines = sample_rows(made if site.settings.retention_h else [], gate, since)
    samples = pa.Table.from_pylist(lines, schema=samples_schema())
    keys = [(channel, utc(start).replace(tzinfo=None)) for channel, start in places]
    site.publisher.publish(samples, _oldest(site), keys)
    site.publisher.collect_garbage(math.inf)


def _oldest(site: Site) -> str:
    """Text older than this is past its time."""
    return iso(utc(time.time() - site.settings.retention_h * 3600).astimezone(UTC))


def _drop_latest(site: Site, channel: str) -> None:
    for path in site.folder.latest.glob("*.json"):
        try:
            login = orjson.loads(path.read_bytes()).get("login")
        except (ValueError, AttributeError, OSError):
            continue
        if login == channel:
            path.unlink(missing_ok=True)
