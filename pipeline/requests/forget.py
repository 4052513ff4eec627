"""Forgetting: a chatter's messages, or all of a channel.

Each step can be done again after a crash: what a later step needs goes last.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa

from models.versions.forget import forget_channel as forget_in_models
from pipeline.chat.message import Message
from pipeline.forecasting.model_rows import model_rows
from pipeline.requests.workspace import Workspace
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.windows.item_log import Place
from pipeline.windows.rebuild import readings_at, recount, remade
from pipeline.windows.rows import sample_rows, term_rows, window_rows
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.erase import erase_channel, erase_terms, sample_keys
from warehouse.identities import made_up_id
from warehouse.published.folder import read_bodies
from warehouse.published.table_files import samples_schema
from warehouse.records import lowered, naive, utc, window_start

_NAME = re.compile(r"@?\w{1,25}")
Change = Callable[[Message], Message | None]


def forget_chatter(workspace: Workspace, who: int) -> None:
    """Drop the messages of a chatter, by hash, and make the windows they were in again."""
    _drop_replaced(workspace)
    mask = _masking(workspace, who)
    change = _without(who, mask)
    workspace.buffer.flush()
    places = {
        (item.channel, window_start(item.at))
        for item in workspace.buffer.since(0)
        if isinstance(item, Message) and change(item) is not item
    }
    hidden = {who, *workspace.optout.chatters}
    gate = Gate(workspace.scorers.knows, workspace.hasher.of, hidden)
    if workspace.running:
        gate.chatters.update(dict.fromkeys(workspace.running.chatters))  # of other shards too
    readings = readings_at(workspace.store, places)
    remains = recount(workspace.buffer, places, change, workspace.scorers, gate, readings)
    remade_windows = list(remade(remains, workspace.store, workspace.scorers))
    _forget_name(workspace, who)
    _keep(workspace, remade_windows, gate)
    _forget_in_memory(workspace, who, mask, remade_windows)
    _publish(workspace, [closed for closed, _, _ in remade_windows], gate, places)
    workspace.buffer.rewrite(lambda item: change(item) if isinstance(item, Message) else item)


def forget_channel(workspace: Workspace, channel: str) -> None:
    """Drop all there is of a channel, here and in what is published."""
    login = workspace.everyone().login_of(channel)
    only = workspace.running.forget_channel(channel) if workspace.running else []
    _drop_replaced(workspace)
    keys = sample_keys(workspace.folder, workspace.publisher, channel)
    _forget_in_models(workspace, channel)
    _drop_latest(workspace, channel)
    erase_channel(workspace.store, channel, login)
    if only:
        terms = {"terms": only}
        queries = [("forget_proposals", terms), ("forget_term_alerts", terms)]
        workspace.store.write({}, before=queries)
    workspace.publisher.publish(drop_samples_before=workspace.oldest_text(), drop_samples_of=keys)
    workspace.publisher.purge()
    workspace.buffer.rewrite(lambda item: None if item.channel == channel else item)


def _drop_replaced(workspace: Workspace) -> None:
    """The warehouse of before a takeover (warehouse/bucket/claim.py)."""
    for path in workspace.folder.root.glob("replaced.duckdb*"):
        path.unlink()


def _forget_in_models(workspace: Workspace, channel: str) -> None:
    """Cards name the channels they were trained on, and so do the rows of `models`."""
    if forget_in_models(workspace.folder, channel):
        served = workspace.running.served if workspace.running else ""
        rows = workspace.store.rows("models", model_rows(workspace.folder, served))
        workspace.store.write({"models": rows})


def stop_reading(workspace: Workspace, channel: str) -> None:
    """A channel that opted out is served no longer; what it streams ends here."""
    if workspace.running:
        workspace.running.forget_channel(channel)
    workspace.store.write({}, before=[("end_streams", {"channel": channel})])
    _drop_latest(workspace, channel)


def _masking(workspace: Workspace, who: int) -> Callable[[str], str]:
    """The text with the name of `who` as @…: after an @, or where it is no known word."""

    def masked(match: re.Match[str]) -> str:
        word = lowered(match[0].lstrip("@"))
        if workspace.hasher.of(word) != who:
            return match[0]
        is_name = match[0].startswith("@") or not workspace.scorers.knows(word)
        return "@…" if is_name else match[0]

    return lambda text: _NAME.sub(masked, text)


def _without(who: int, mask: Callable[[str], str]) -> Change:
    """None for a message of `who`, one that names them without the name, any other as it is."""

    def change(message: Message) -> Message | None:
        if int(message.chatter or 0) == who:
            return None
        text = mask(message.text)
        return message if text == message.text else replace(message, text=text)

    return change


def _keep(workspace: Workspace, remade_windows: list[tuple[Closed, str, bool]], gate: Gate) -> None:
    """Windows made again, and their terms, into the warehouse."""
    by_source: dict[str, list[Closed]] = defaultdict(list)
    starts: dict[str, list[float]] = defaultdict(list)
    for closed, source, whole in remade_windows:
        if whole:
            by_source[source].append(closed)
            starts[closed.window.channel].append(closed.window.start.timestamp())
    rows = [row for source, group in by_source.items() for row in window_rows(group, source)]
    terms = term_rows([c for group in by_source.values() for c in group], gate)
    store = workspace.store
    store.write(
        {"windows": store.rows("windows", rows), "window_terms": store.rows("window_terms", terms)},
        before=[("clear_terms_at", {"channel": c, "starts": s}) for c, s in starts.items()],
    )
    # those that are silent now have no rows that would replace the published ones
    emptied = [(c, naive(utc(s))) for c, times in starts.items() for s in times]
    store.touched("window_terms", emptied)


def _forget_name(workspace: Workspace, who: int) -> None:
    """Terms of old that were the chatter's name."""
    stored = workspace.store.query("stored_terms").column("term").to_pylist()
    names = [
        t for t in stored if workspace.hasher.of(t) == who and not workspace.scorers.base.knows(t)
    ]
    if names:
        erase_terms(workspace.store, names)
        workspace.scorers.forget_terms(names)
        if workspace.running:
            workspace.running.forget_terms(names)


def _forget_in_memory(
    workspace: Workspace,
    who: int,
    mask: Callable[[str], str],
    remade_windows: list[tuple[Closed, str, bool]],
) -> None:
    if workspace.running is None:
        return

    def change(line: ScoredMessage) -> ScoredMessage | None:
        if line.chatter == who:
            return None
        text = mask(line.text)
        return line if text == line.text else line._replace(text=text)

    windows = [closed.window for closed, _, whole in remade_windows if whole]
    workspace.running.forget_chatter(who, change, windows)


def _publish(
    workspace: Workspace, remade_windows: list[Closed], gate: Gate, places: set[Place]
) -> None:
    """At once, and what was published before is unlinked, in use or not."""
    since = utc(workspace.now() - workspace.settings.retention_h * 3600)
    lines = sample_rows(remade_windows if workspace.settings.retention_h else [], gate, since)
    samples = pa.Table.from_pylist(lines, schema=samples_schema())
    keys = [(channel, naive(utc(start))) for channel, start in places]
    workspace.publisher.publish(samples, workspace.oldest_text(), keys)
    workspace.publisher.purge()


def _drop_latest(workspace: Workspace, channel: str) -> None:
    rows = workspace.store.query("channels_rows", channels=[channel]).to_pylist()
    ids = {made_up_id(channel), *(row["channel_id"] for row in rows)}
    latest = workspace.publisher.latest
    for name, body in read_bodies(latest):
        if body.get("channel_id") in ids:
            latest.drop(name)
