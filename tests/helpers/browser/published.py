"""Published folders for tests of readers: seeded random chat, or rows known exactly.

Written through the real Store and Publisher, so a reader sees what the pipeline would give it.
"""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from tests.helpers.browser.rows import (
    HOSTILE_LINE,
    HOSTILE_NAME,
    HOSTILE_TERM,
    WINDOW,
    Row,
    alerts,
    channel,
    forecast,
    health,
    lexicon,
    models,
    score,
    stream,
    term,
    trials,
    vocabulary,
    window,
)
from warehouse.config import DataFolder
from warehouse.published.publisher import Publisher
from warehouse.published.table_files import samples_schema
from warehouse.records import utc, window_start
from warehouse.store.store import Store


def write(root: Path, tables: Mapping[str, Sequence[Row]], source: str = "simulated") -> DataFolder:
    """Publish the rows; `samples` among them go where the pipeline puts them."""
    folder = DataFolder(root)
    if not folder.warehouse.exists():
        shutil.copytree(_nothing(source).name, root, dirs_exist_ok=True)
    with Store(folder.warehouse) as store:
        samples = tables.get("samples", ())
        stored = {
            name: store.rows(name, rows) for name, rows in tables.items() if name != "samples"
        }
        publisher = Publisher(folder, store, source)
        store.write(stored)
        publisher.publish(pa.Table.from_pylist(list(samples), schema=samples_schema()))
    return folder


@cache
def _nothing(source: str) -> "TemporaryDirectory[str]":
    """A folder in which nothing is published: half of the work of every other one."""
    place = TemporaryDirectory()
    folder = DataFolder(Path(place.name))
    with Store(folder.warehouse) as store:
        Publisher(folder, store, source).publish()
    return place


def demo(
    root: Path, now: datetime | None = None, seed: int = 1, source: str = "simulated"
) -> DataFolder:
    """Three channels of seeded random chat, the newest window just closed; every table filled.

    demo_busy is on air, demo_quiet (hostile name) nearly silent, demo_past off air.
    """
    rng = np.random.default_rng(seed)
    now = utc(window_start((now or datetime.now(UTC)).timestamp()))
    tables: dict[str, list[Row]] = {
        "channels": [
            channel("demo_busy"),
            channel("demo_past"),
            channel("demo_quiet", display_name=HOSTILE_NAME),
        ],
        "models": models(),
        "trials": trials(),
        "vocabulary": vocabulary(now),
        "lexicon": lexicon(),
        "alerts": alerts(now, "demo_busy"),
        "health": health(now),
    }
    plan = (
        ("demo_busy", 3.0, 0.0, 40, 0.08),
        ("demo_busy", 30.0, 26.0, 35, 0.02),
        ("demo_quiet", 2.0, 0.0, 0.4, 0.1),
        ("demo_past", 9.0, 5.0, 12, -0.06),
    )
    for name, begun_h, ended_h, rate, mood in plan:
        _stream(
            tables,
            rng,
            name,
            now - timedelta(hours=begun_h),
            now - timedelta(hours=ended_h),
            rate,
            mood,
            on_air=not ended_h,
        )
    _scores(tables, rng, now.date())
    for row in (*tables["windows"], *tables["streams"]):
        row["source"] = source
    return write(root, tables, source)


def _stream(
    tables: dict[str, list[Row]],
    rng: np.random.Generator,
    name: str,
    start: datetime,
    end: datetime,
    rate: float,
    mood: float,
    on_air: bool,
) -> None:
    row = stream(name, start, None if on_air else end)
    tables.setdefault("streams", []).append(row)
    steps = int((end - start) / WINDOW)
    level = mood + np.cumsum(rng.normal(0, 0.015, steps))
    for k in range(steps):
        at = start + k * WINDOW
        lost = 80 <= k < 88
        n = 0 if lost else int(rng.poisson(rate))
        mean = float(np.clip(rng.normal(level[k], 0.3 / np.sqrt(n)), -1, 1)) if n else None
        more = {"stream_id": row["stream_id"], "observed_s": 0.0 if lost else 30.0}
        tables.setdefault("windows", []).append(window(name, at, n, mean, **more))
        if mean is not None:
            _details(tables, rng, name, at, n, mean)
        if k >= 6:
            tables.setdefault("forecasts", []).append(
                forecast(
                    name, at + WINDOW, "lstm-1", float(np.mean(level[max(0, k - 20) : k + 1])), 0.12
                )
            )
    _events(tables, name, start, on_air)


def _details(
    tables: dict[str, list[Row]],
    rng: np.random.Generator,
    name: str,
    at: datetime,
    n: int,
    mean: float,
) -> None:
    parts = {"LUL": 0.02, "Pog": 0.015, "BibleThump": -0.02, "lol": 0.01, HOSTILE_TERM: 0.03}
    found = [
        term(
            name,
            at,
            what,
            int(rng.integers(1, 9)),
            part * float(rng.random()),
            "word" if what == "lol" else "emote",
        )
        for what, part in parts.items()
    ]
    rest = mean - sum(row["contribution"] for row in found)
    tables.setdefault("window_terms", []).extend([*found, term(name, at, "*", n, rest, "rest")])
    tables.setdefault("samples", []).append(
        {"channel": name, "start": at, "rank": 1, "text": HOSTILE_LINE, "compound": mean}
    )


def _events(tables: dict[str, list[Row]], name: str, start: datetime, on_air: bool) -> None:
    kinds = (
        ("raid", "demo_friend"),
        ("sub", "tier 1"),
        ("connection_lost", None),
        ("category", "Chess & <i>more</i>"),
        ("cheer", "100"),
    )
    tables.setdefault("events", []).extend(
        {
            "event_id": f"{name}{start}{kind}",
            "channel": name,
            "kind": kind,
            "detail": detail,
            "at": start + timedelta(minutes=20 * (k + 1)),
        }
        for k, (kind, detail) in enumerate(kinds)
    )


def _scores(tables: dict[str, list[Row]], rng: np.random.Generator, today: date) -> None:
    """A week of scores: noise 18 (0.3 ** 2 * 200), the session mean 24 above, others between."""
    known = {"lstm-1": 0.2, "ridge": 0.11, "ewma": 0.05, "session_mean": 0.0, "last_value": -4.0}
    found = tables.setdefault("forecast_scores", [])
    for name in ("demo_busy", "demo_past"):
        for back in range(7):
            for step in range(11):
                wobble = 1 + 0.3 * rng.normal() if back else 1.0
                found.extend(
                    score(
                        name,
                        today - timedelta(days=back),
                        model,
                        step,
                        18.0 + 24.0 * (1 - skill * wobble / max(step, 1) if skill else 1.0),
                        targets=200,
                        n=2000,
                        absolute_error=400.0,
                        crps=120.0,
                        width80=700.0,
                        hits80=int(rng.binomial(200, 0.81)),
                        hits95=int(rng.binomial(200, 0.945)),
                        width95=1040.0,
                        counts=220,
                        volume_error=946.0,
                        volume_hits80=174,
                    )
                    for model, skill in known.items()
                )
