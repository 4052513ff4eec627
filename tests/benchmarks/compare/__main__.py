"""python -m tests.benchmarks.compare: see `make compare`."""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from models.base import Forecaster
from models.forecasters.online import Online, is_network
from models.inputs.features import views
from models.inputs.published import sessions_by_channel
from models.inputs.sessions import Session
from models.inputs.training_arrays import arrays, check_enough, split
from models.judging.backtest import judge, report_of
from models.judging.tally import Tally
from models.output import require_writable
from models.versions.registry import forecasters, versions
from tests.benchmarks.compare import boosted, classical
from tests.benchmarks.compare.sample import Sample
from tests.benchmarks.compare.summary import markdown
from warehouse.config import DataFolder, data_folder
from warehouse.errors import AppError


def main(
    out: Annotated[Path, typer.Option(help="where tables go")] = Path("build/compare-report"),
    seeds: Annotated[int, typer.Option(help="LightGBM trainings")] = 5,
    cutoffs: Annotated[int, typer.Option(help="for statsforecast, 0 for none")] = 2_000,
    workers: Annotated[int, typer.Option(help="processes for statsforecast")] = 1,
    threads: Annotated[int, typer.Option(help="of LightGBM")] = 1,
    seed: Annotated[int, typer.Option(help="of the drawn cutoffs, and of the split")] = 1,
    hold_out: Annotated[
        list[str] | None, typer.Option(help="default: as the newest LSTM's card")
    ] = None,
) -> None:
    """Train and judge LightGBM and statsforecast beside every forecaster, on DLD_DATA."""
    folder, out = data_folder(), out.resolve()
    require_writable(out)
    sessions = [s for channel in sessions_by_channel(folder) for s in channel]
    parts = split(sessions, seed, hold_out or unseen(folder, {s.channel for s in sessions}))
    check_enough(parts)
    models, notes = forecasters(folder), []
    for fitted, note in boost(parts.train, seeds, threads):
        models[fitted.name] = fitted
        notes.append(note)
        print(note, flush=True)
    later = {"Later streams of known channels": parts.valid, "Unseen channels": parts.held_out}
    later = {name: chosen for name, chosen in later.items() if chosen}
    sample = Sample([s for chosen in later.values() for s in chosen], cutoffs, seed)
    reports = {name: judged(sessions, chosen, models, sample) for name, chosen in later.items()}
    write(out, reports, notes)  # the rest takes as long again
    if cutoffs:
        notes += classics(sample, workers)
        names = [*models, *classical.MODELS]
        title = f"{len(sample)} cutoffs drawn from both"
        reports[title] = report_of(sample.tally, dict.fromkeys(names))
        write(out, reports, notes)
    print(markdown(reports, notes))


def write(out: Path, reports: dict[str, Any], notes: list[str]) -> None:
    (out / "compare.json").write_text(json.dumps(reports, indent=1), encoding="utf-8")
    (out / "compare.md").write_text(markdown(reports, notes), encoding="utf-8")


def unseen(folder: DataFolder, channels: set[str]) -> list[str]:
    """Channels the newest network was not trained on: nobody else may learn from them either."""
    newest = next(iter(versions(folder)), None)
    return sorted(channels & set(newest.card["data"]["held_out_channels"])) if newest else []


def boost(train: Sequence[Session], seeds: int, threads: int) -> Any:
    learn = arrays(train)
    for seed in range(1, seeds + 1):
        began = time.monotonic()
        fitted = boosted.fit(learn, seed, threads)
        took = time.monotonic() - began
        yield fitted, f"{fitted.name}: {len(learn)} cutoffs, {took:.0f} s on {threads} thread(s)"


def judged(
    sessions: Sequence[Session], chosen: Sequence[Session], models: dict[str, Forecaster],
    sample: Sample,
) -> Any:  # fmt: skip
    """Report on the chosen sessions; networks go through all their channels' sessions, in the
    order these came in, and learn as they do when they serve."""
    tally, wanted = Tally(), {(s.channel, s.stream_id) for s in chosen}
    online: dict[str, dict[str, Online]] = defaultdict(
        lambda: {name: Online() for name in models if is_network(name)}
    )
    for session in (s for s in sessions if s.channel in {c for c, _ in wanted}):
        taught = online[session.channel]
        if (session.channel, session.stream_id) in wanted:
            judge(session, models, tally, sample.write, taught)
        else:
            judge(session, {name: models[name] for name in taught}, Tally(), online=taught)
    return report_of(tally, models)


def classics(sample: Sample, workers: int) -> list[str]:
    """Judge statsforecast's models at the drawn cutoffs; how long it took and what failed."""
    series = [classical.history(s, e) for s, ends in sample.places for e in ends]
    means = np.concatenate([views(s, ends).session_mean for s, ends in sample.places])
    notes = []
    for name, quantiles, seconds in classical.all_of(series, workers):
        failed = classical.fill(quantiles, means)
        sample.judge(name, quantiles)
        notes.append(f"{name}: {seconds:.3f} s a cutoff; failed at {failed}, the mean instead")
        print(notes[-1], flush=True)
    return notes


try:
    typer.run(main)
except AppError as error:
    sys.exit(f"error: {error}")
