"""What an engine writes beside windows, and what it shows of its channels.

Rows of channels, vocabulary and models; and, for what is served, each channel's mood,
its last stream and how good its forecasts have been.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa

from models.training.trials import TRIALS
from models.versions.choice import mark
from pipeline.chat.message import ChannelInfo
from pipeline.forecasting.model_rows import model_rows, trial_rows
from pipeline.forecasting.track_record import Standing
from pipeline.scoring.lexicon.listing import entries
from pipeline.windows.rows import admission
from pipeline.windows.track import Closed
from warehouse.records import iso, utc

if TYPE_CHECKING:
    from pipeline.engine.engine import Engine
    from warehouse.config import DataFolder

log = logging.getLogger(__name__)

_RECORD_DAYS = 7
_LOGGED = 20  # windows of a commit that are worth a line each


def write_channels(engine: Engine) -> None:
    """A row for every channel that was announced or heard."""
    names = {*engine.infos, *engine.intake.tracks}
    rows = [_channel_row(engine, name) for name in sorted(names)]
    if rows:
        engine.store.write({"channels": engine.store.rows("channels", rows)})


def _channel_row(engine: Engine, name: str) -> dict[str, Any]:
    info = engine.infos.get(name) or ChannelInfo(name)
    readable = engine.intake.readable.get(name)
    return {
        "channel": name,
        "channel_id": engine.channel_id(name),
        "display_name": info.display_name or name,
        "language": info.language,
        "readable": readable.share if readable else None,
        "source": engine.source,
    }


def write_vocabulary(engine: Engine) -> None:
    """The proposals that changed since the last time, but those that are logins, and known
    terms that seem to mean something else now."""
    vocabulary = engine.intake.vocabulary
    rows = vocabulary.take_rows(engine.intake.gate.is_login, engine.clock)
    moved = vocabulary.drift.take_rows(partial(engine.intake.scorers.valence, channel=""))
    known = engine.store.query("vocabulary_of_terms", terms=[row["term"] for row in moved])
    before = {row["term"]: row for row in known.to_pylist() if not row["channel"]}
    rows += [{**before.get(row["term"], {}), **row} for row in moved]
    kept = {"company": orjson.dumps(vocabulary.drift.dump()).decode()}
    engine.alerts.terms(rows, engine.clock, time.time())
    ids = [alert.alert_id for alert in engine.alerts.found]
    engine.alerts.known(engine.store.query("alerts_known", ids=ids)["alert_id"].to_pylist())
    alerts = [alert.row() for alert in engine.alerts.found]
    engine.store.write(
        {
            "vocabulary": engine.store.rows("vocabulary", rows),
            "alerts": engine.store.rows("alerts", alerts),
        },
        kept,
    )
    engine.webhook.put(engine.alerts.take())


def write_lexicon(engine: Engine) -> None:
    """The lexicon in force, where another was written last."""
    scorer, store = engine.intake.scorers.base, engine.store
    if store.meta("lexicon") == scorer.version:
        return
    terms, kinds, valences, origins = zip(*entries(scorer), strict=True)
    columns = {"term": terms, "kind": kinds, "valence": valences, "origin": origins}
    rows = pa.table({"version": [scorer.version] * len(terms), **columns})
    store.write({"lexicon": rows}, {"lexicon": scorer.version})


def write_models(engine: Engine) -> None:
    """The models there are and which of them serves, and what tuning has tried."""
    forecasts, folder = engine.forecasts, engine.folder
    models = engine.store.rows("models", model_rows(folder, forecasts.served))
    trials = engine.store.rows("trials", trial_rows(folder))
    engine.store.write({"models": models, "trials": trials})
    engine.models_seen = models_mark(folder)


def refresh_models(engine: Engine) -> None:
    """Serve another model where one was chosen; tell of new versions and trials."""
    forecasts = engine.forecasts
    if forecasts.is_stale(engine.folder):
        write_learnt(engine)  # what goes may come back
        if forecasts.reload(engine.folder):
            forecasts.taught.load(engine.store.query("learnt_of", source=engine.source).to_pylist())
    if models_mark(engine.folder) != engine.models_seen:
        write_models(engine)


def models_mark(folder: DataFolder) -> tuple[object, ...]:
    """Changes when a version comes or goes, another is chosen or a trial ends."""
    cards = frozenset(path.parent.name for path in folder.models.glob("*/card.json"))
    trials = folder.models / TRIALS
    return cards, trials.stat().st_size if trials.exists() else 0, mark(folder)


def write_learnt(engine: Engine) -> None:
    """What channels have taught their forecasters since the last time."""
    taught = engine.forecasts.taught
    rows = taught.rows(engine.source)
    if rows:
        engine.store.write({"learnt": engine.store.rows("learnt", rows)})
    taught.saved()


def read_records(engine: Engine) -> None:
    """How good each channel's forecasts have been over the last seven days."""
    since = utc(engine.clock - _RECORD_DAYS * 86400).replace(tzinfo=None)
    rows = engine.store.query("skills", since=since).to_pylist()
    engine.forecasts.standings = {
        (r["channel"], r["model"]): Standing(r["skill"], int(r["targets"])) for r in rows
    }


def read_recaps(engine: Engine) -> None:
    """What is told of each channel's last stream while it is offline."""
    for row in engine.store.query("recaps", source=engine.source).to_pylist():
        engine.mood(row["channel"]).recap = {
            "title": row["title"] or "",
            "started_at": iso(row["started_at"].replace(tzinfo=UTC)),
            "ended_at": iso(row["ended_at"].replace(tzinfo=UTC)),
            "n": int(row["n"]),
            "mood": round(row["mood"], 3),
        }


def refresh_moods(engine: Engine, closed: Iterable[Closed]) -> None:
    """The state behind what is served, after these windows."""
    for c in closed:
        state = engine.mood(c.window.channel)
        if not c.again or any(known.start == c.window.start for known in state.windows):
            state.saw(c.window, _shown(engine, c))
    for channel, state in engine.moods.items():
        track = engine.intake.track(channel)
        state.on = track.on
        state.forecast = engine.forecasts.shown(channel)
        state.standing = engine.forecasts.standing(channel)
        state.trouble = engine.forecasts.why
        if channel in engine.intake.readable:
            state.readable = engine.intake.readable[channel].share


def log_windows(closed: list[Closed], clock: float) -> None:
    """A line a window; one for all of them while catching up."""
    if len(closed) > _LOGGED:
        log.info("windows closed count=%d to=%s", len(closed), iso(utc(clock)))
        return
    for c in closed:
        w = c.window
        log.info(
            "window closed channel=%s start=%s n=%d late=%d observed_s=%.1f",
            w.channel, iso(w.start), w.n_messages, w.n_late, w.observed_s,
        )  # fmt: skip


def _shown(engine: Engine, closed: Closed) -> dict[str, int]:
    """Messages that use each emote or emoji, those that may be named."""
    counts = Counter(
        term
        for line in closed.lines
        for term in {name for name, kind, _ in line.scored.terms if kind != "word"}
    )
    admits = admission(engine.intake.gate, closed)
    return {t: n for t, n in counts.items() if admits(t)}
