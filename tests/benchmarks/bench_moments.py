"""How many of the first moments are worth watching, on streams labelled by hand. With `make bench`.

Needs DLD_TEST_DATA, a folder with data/moments: chat.parquet (stream, t, text, user) and
labels.parquet (stream, start, end, label), times in seconds. The streams are imported as anybody's
are, and reviewed as the page does. A moment is right where it begins from 60 s before to 30 s after
a burst that was labelled as worth watching. Where chat was slow nothing is labelled, so a quiet
laugh counts as wrong.
"""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dashboard import data
from dashboard.review import session as review
from tests.helpers.paths import ROOT
from warehouse.moments import finder, signs
from warehouse.moments.kinds import Moment
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.sums import Windows, usual_rate
from warehouse.records import WINDOW_SECONDS

FOLDER = Path(os.environ.get("DLD_TEST_DATA", "none")) / "data" / "moments"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no labelled streams: DLD_TEST_DATA")
WORTH = ("amusement", "nice try")
REACTION = (*WORTH, "these", "shock", "confusion", "disappointment")
BEFORE_S, AFTER_S = 60, 30
AIMS = {5: 0.60, 10: 0.45}
Spans = npt.NDArray[np.float64]
Find = Callable[[Windows], list[Moment]]


@dataclass(frozen=True)
class Labelled:
    """A stream as the review has it, and its labelled bursts, rows of (start, end) in seconds."""

    name: str
    windows: Windows
    moments: Sequence[PlacedMoment]
    worth: Spans
    reaction: Spans


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Path]:
    """A data folder into which the streams were imported, each as a channel of its own."""
    root = tmp_path_factory.mktemp("moments")
    chat = pq.read_table(FOLDER / "chat.parquet")
    for name in sorted(set(chat["stream"].to_pylist())):
        own = chat.filter(pc.field("stream") == name)
        own = own.append_column("channel", pa.array([name] * len(own)))
        pq.write_table(own, root / f"{name}.parquet")
    files = sorted(root.glob("*.parquet"))
    command = [sys.executable, "-m", "pipeline", "import", "--undated", *map(str, files)]
    into = {"DLD_DATA": str(root / "data")}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **into}, check=True, capture_output=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLD_DATA", into["DLD_DATA"])
        logging.disable(logging.WARNING)  # Streamlit's, of running without a page
        yield root / "data"
        logging.disable(logging.NOTSET)


def streams(found: Find = finder.find) -> list[Labelled]:
    """All of them, their moments found by `found`."""
    labels = pq.read_table(FOLDER / "labels.parquet")
    names = sorted(set(labels["stream"].to_pylist()))
    return [_reviewed(name, labels, found) for name in names]


def _reviewed(name: str, labels: pa.Table, found: Find) -> Labelled:
    seen: list[Windows] = []

    def kept(w: Windows) -> list[Moment]:
        seen.append(w)
        return found(w)

    (stream,) = data.rows("dash_streams", channels=[name], limit=1)
    (stream,) = data.rows("dash_stream", stream=stream["stream_id"])
    review._read_session.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(review, "find", kept)
        moments = review.read_session(stream, datetime.now(UTC)).moments
    own = labels.filter(pc.field("stream") == name)
    return Labelled(name, seen[0], moments, _spans(own, WORTH), _spans(own, REACTION))


def _spans(labels: pa.Table, wanted: Sequence[str]) -> Spans:
    some = labels.filter(pc.field("label").isin(wanted))
    return np.column_stack([some["start"].to_numpy(), some["end"].to_numpy()])


def is_right(at_s: float, spans: Spans) -> bool:
    """True for a place that is near enough to one of the spans."""
    return bool(((spans[:, 0] - BEFORE_S <= at_s) & (at_s <= spans[:, 1] + AFTER_S)).any())


def best(score: npt.NDArray[np.float64], most: int) -> list[float]:
    """Where the windows of the highest score begin, in seconds, as far apart as moments are."""
    places: list[int] = []
    for k in np.argsort(-np.nan_to_num(score, nan=-np.inf), kind="stable"):
        if all(abs(int(k) - other) > finder.APART for other in places):
            places.append(int(k))
    return [WINDOW_SECONDS * k for k in places[:most]]


def precision(places: Iterable[Sequence[float]], spans: Iterable[Spans], most: int) -> list[float]:
    """Share of the first `most` places that are right, by stream."""
    return [
        sum(is_right(at, of) for at in first[:most]) / most
        for first, of in zip(places, spans, strict=True)
    ]


def told(name: str, places: Sequence[Sequence[float]], of: Sequence[Labelled]) -> dict[int, float]:
    """Print the figures of a way to choose places; the means of the first 5 and 10 come back."""
    worth, reaction = [s.worth for s in of], [s.reaction for s in of]
    found = {most: precision(places, worth, most) for most in AIMS}
    also = {most: precision(places, reaction, most) for most in AIMS}
    by_stream = "   ".join(" ".join(f"{p:.1f}" for p in found[most]) for most in AIMS)
    means = {most: float(np.mean(p)) for most, p in found.items()}
    figures = " / ".join(f"{mean:.2f}" for mean in means.values())
    with_reaction = " / ".join(f"{np.mean(p):.2f}" for p in also.values())
    print(f"{name:34} {figures}   reaction too {with_reaction}   by stream {by_stream}")
    return means


def places_of(some: Iterable[Labelled]) -> list[list[float]]:
    return [[float(one.at_s) for one in s.moments] for s in some]


def test_the_first_moments_are_worth_watching(folder: Path) -> None:
    some = streams()
    print("\nprecision of the top five / ten")
    dice = np.random.default_rng(1)
    baselines: Mapping[str, Callable[[Windows], npt.NDArray[np.float64]]] = {
        "chance": lambda w: dice.random(w.size),
        "most messages": lambda w: w.n,
        "messages over the local median": lambda w: w.n - usual_rate(w.n),
        "most laughs": lambda w: w.laughs,
    }
    for name, score in baselines.items():
        told(name, [best(score(s.windows), 10) for s in some], some)
    means = told("moments", places_of(some), some)
    first = [(one, is_right(one.at_s, s.worth)) for s in some for one in s.moments[:10]]
    every = [(one, is_right(one.at_s, s.worth)) for s in some for one in s.moments]
    _by("kind, of the top ten", [(one.moment.kind, right) for one, right in first])
    _by("kinds found, of the top ten", [(_kinds(one), right) for one, right in first])
    _by("grade, of all", [(one.moment.grade, right) for one, right in every])
    assert all(len(s.moments) >= 10 for s in some)
    assert all(means[most] >= aim for most, aim in AIMS.items())


def _kinds(one: PlacedMoment) -> str:
    return " + ".join(sorted({one.moment.kind, *one.moment.also}))


def _by(what: str, rows: Sequence[tuple[str, bool]]) -> None:
    for name in sorted({name for name, _ in rows}):
        right = [ok for key, ok in rows if key == name]
        print(f"  by {what}: {name:9} {sum(right)} of {len(right)} right")


def without(**changed: object) -> Find:
    """Finding without what is changed: capitals=None."""
    return lambda w: finder.find(replace(w, **changed))  # type: ignore[arg-type]


def test_what_each_sign_adds(folder: Path) -> None:
    print("\nwithout")
    for name, found in {
        "capitals": without(capitals=None),
        "words said by many": without(alike=None),
        "laughter": lambda w: finder.find(replace(w, laughs=np.full(w.size, np.nan))),
        "mood": lambda w: finder.find(replace(w, mean=np.full(w.size, np.nan))),
    }.items():
        some = streams(found)
        told(f"- {name}", places_of(some), some)


def test_choices_made_on_three_streams_hold_on_the_fourth(folder: Path) -> None:
    """What could have been fitted: each choice is judged on the stream that had no say in it."""
    choices = list(product((0.0, 0.5, 1.0), (0.25, 0.5, 1.0), (2, 3, 4)))
    found = [_chosen(*choice) for choice in choices]  # by choice: (top five, top ten) by stream
    held = []
    for left_out in range(len(found[0])):
        others = [np.mean([sum(p) for k, p in enumerate(of) if k != left_out]) for of in found]
        held.append(found[int(np.argmax(others))][left_out])
    five, ten = np.mean(held, axis=0)
    by_stream = ", ".join(f"{a:.1f} / {b:.1f}" for a, b in held)
    print(
        f"\nleave one stream out, of {len(choices)} choices: {five:.2f} / {ten:.2f} ({by_stream})"
    )
    assert (five >= AIMS[5], ten >= AIMS[10]) == (True, True)


def _chosen(worse: float, greeted: float, apart: int) -> list[tuple[float, float]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signs, "WORSE", worse)
        patch.setattr(signs, "GREETED", greeted)
        patch.setattr(finder, "APART", apart)
        some = streams()
    five, ten = (precision(places_of(some), [s.worth for s in some], most) for most in AIMS)
    return list(zip(five, ten, strict=True))


def test_moments_of_twelve_hours_are_found_in_no_time(folder: Path) -> None:
    w = streams()[0].windows
    twelve = 12 * 3600 // WINDOW_SECONDS
    of = ("observed_s", "n", "mean", "sd", "laughs", "capitals", "alike")
    long = Windows(**{name: np.resize(getattr(w, name), twelve) for name in of})
    took = []
    for _ in range(20):
        began = time.perf_counter()
        finder.find(long)
        took.append(time.perf_counter() - began)
    print(f"\n12 hours: {1000 * sorted(took)[10]:.1f} ms")
