"""Tables beside the windows: rows of channels, vocabulary, lexicon, models and what was learnt."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from models.training.trials import TRIALS
from models.versions.choice import mark
from pipeline.chat.message import ChannelInfo
from pipeline.engine.state import State
from pipeline.forecasting.model_rows import write_model_rows
from pipeline.forecasting.track_record import Standing
from pipeline.markers.viewers_clips import WEEK
from warehouse.config import DataFolder
from warehouse.forecast_metrics import latent_skill, of_row
from warehouse.records import naive, utc

_RECORD_DAYS = 7


def write_channels(state: State) -> None:
    """A row for every channel that was announced or heard."""
    names, who = {*state.infos, *state.intake.tracks}, state.identities
    renamed = who.changed - names  # though they are not read now
    asked = sorted({*renamed, *filter(partial(_is_untold, state), names)})
    found = state.store.query("channels_rows", channels=asked).to_pylist()
    stored = {row["channel"]: row for row in found}
    rows = [_channel_row(state, name, stored.get(name, {})) for name in sorted(names)]
    for name in sorted(renamed & stored.keys()):
        rows.append({**stored[name], "login": who.login_of(name)})
    if rows:
        state.store.write({"channels": state.store.rows("channels", rows)})
    who.changed.clear()


def _is_untold(state: State, name: str) -> bool:
    """Did this source not say what the channel is called, as without an account?"""
    info = state.infos.get(name)
    return info is None or not info.display_name


def _channel_row(state: State, name: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """before: the row that is there, of one that was not told; what an import or a session with an
    account knew of it stays, as long as it has not got another login since."""
    info = state.infos.get(name) or ChannelInfo(name)
    readable, login = state.intake.readable.get(name), state.identities.login_of(name)
    known = before if before.get("login") == login else {}
    return {
        "channel": name,
        "channel_id": state.channel_id(name),
        "login": login,
        "display_name": info.display_name
        or known.get("display_name")
        or state.identities.name_of(name),
        "language": info.language or known.get("language") or "",
        "readable": readable.share if readable else None,
        "source": state.source,
    }


def write_clips(state: State) -> None:
    """What viewers clipped of streams that are over, as Twitch tells it now: clips that it no
    longer lists go. Then streams whose clips are to be read."""
    store, reading = state.store, state.viewers_clips
    for read in reading.take():
        stream = read.stream
        span = {"since": naive(stream.started_at), "until": naive(stream.until)}
        found = store.query("clips_between", channel=stream.channel, **span)
        known = {*found["clip_id"].to_pylist()} if read.is_all else set[str]()
        gone = known - {row["clip_id"] for row in read.clips}
        before: list[tuple[str, dict[str, Any]]] = []
        before += [("clear_clips", {"ids": sorted(gone)})] if gone else []
        video = {"stream_id": stream.stream_id, "vod_id": read.video}
        before += [("set_vod", video)] if read.video else []
        store.write({"clips": store.rows("clips", read.clips)}, before=before)
        store.touched("clips", [(clip_id,) for clip_id in gone])
    if reading.is_on:
        since = naive(utc(state.now()) - WEEK)
        rows, out = store.query("streams_of_late", since=since).to_pylist(), state.out()
        reading.plan(row for row in rows if row["channel"] not in out)


def write_vocabulary(state: State) -> None:
    """The proposals that changed since the last time, but those that are logins, and known
    terms that seem to mean something else now."""
    vocabulary, alerts = state.vocabulary, state.alerts
    rows = vocabulary.take_rows(state.intake.gate.is_login, state.clock)
    moved = vocabulary.drift.take_rows(partial(state.intake.scorers.valence, channel=""))
    stored = state.store.query("vocabulary_of_terms", terms=[row["term"] for row in moved])
    before = {row["term"]: row for row in stored.to_pylist() if not row["channel"]}
    rows += [{**before.get(row["term"], {}), **row} for row in moved]
    meta = {"company": orjson.dumps(vocabulary.drift.dump()).decode()}
    alerts.terms(rows, state.clock, state.now())
    ids = [alert.alert_id for alert in alerts.found]
    alerts.known(state.store.query("alerts_known", ids=ids)["alert_id"].to_pylist())
    state.store.write(
        {
            "vocabulary": state.store.rows("vocabulary", rows),
            "alerts": state.store.rows("alerts", [alert.row() for alert in alerts.found]),
        },
        meta,
    )
    (state.tell_terms or state.webhook.put)(alerts.take())


def write_models(state: State) -> None:
    """The models there are and which of them serves, and what tuning has tried."""
    write_model_rows(state.store, state.folder, state.forecasts.served)
    state.models_seen = models_mark(state.folder)


def refresh_models(state: State) -> None:
    """Serve another model where one was chosen; tell of new versions and trials."""
    forecasts = state.forecasts
    if forecasts.is_stale(state.folder):
        write_learnt(state)  # what goes may come back
        if forecasts.reload(state.folder):
            forecasts.taught.load(state.store.query("learnt_of", source=state.source).to_pylist())
    if models_mark(state.folder) != state.models_seen:
        write_models(state)


def models_mark(folder: DataFolder) -> tuple[object, ...]:
    """Changes when a version comes or goes, another is chosen or a trial ends."""
    cards = frozenset(path.parent.name for path in folder.models.glob("*/card.json"))
    trials = folder.models / TRIALS
    return cards, trials.stat().st_size if trials.exists() else 0, mark(folder)


def write_learnt(state: State) -> None:
    """What channels have taught their forecasters since the last time."""
    taught = state.forecasts.taught
    rows = taught.rows(state.source)
    if rows:
        state.store.write({"learnt": state.store.rows("learnt", rows)})
    taught.saved()


def read_records(state: State) -> None:
    """How good each channel's forecasts have been over the last seven days."""
    since = naive(utc(state.clock - _RECORD_DAYS * 86400))
    rows = state.store.query("skills", since=since).to_pylist()
    state.forecasts.standings = {
        ((r["channel"], r["basis"]), r["model"], r["step"]): Standing(
            of_row(latent_skill, r), r["targets"]
        )
        for r in rows
    }
