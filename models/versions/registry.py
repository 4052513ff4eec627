"""Models by name: the baselines, and every trained version on disk.

A version is a folder: card.json (what it was trained on and how good it is), model.tflite and
linear.json (the baselines' bands and ridge's coefficients, fitted on the same data). Shipped
versions lie in models/weights/, a user's own in DLD_DATA/models/. Which one serves: choice.py.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from models.base import Forecaster
from models.forecasters.lstm_runtime import Lstm
from models.forecasters.naive import BASELINES, Baseline, Spread
from models.forecasters.ridge import Ridge
from models.inputs.features import CONTEXT, FEATURES_VERSION, NAMES
from models.versions.choice import read_choice
from warehouse.atomic import read_file
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable
from warehouse.records import HORIZON, QUANTILES, STEPS, VOLUME_QUANTILES, WINDOW_SECONDS

logger = logging.getLogger(__name__)
SHIPPED = Path(__file__).parents[1] / "weights"
CARD, NETWORK, LINEAR = "card.json", "model.tflite", "linear.json"


def contract() -> dict[str, Any]:
    """What weights depend on; a card that says otherwise is refused."""
    return {
        "features_version": FEATURES_VERSION,
        "features": list(NAMES),
        "context": CONTEXT,
        "window_s": WINDOW_SECONDS,
        "horizon": HORIZON,
        "steps": STEPS,
        "quantiles": list(QUANTILES),
        "volume_quantiles": list(VOLUME_QUANTILES),
    }


@dataclass(frozen=True)
class Version:
    """A trained version on disk, its card read but its weights not yet."""

    path: Path
    card: dict[str, Any]

    @property
    def model(self) -> str:
        """The name in every table: lstm-VERSION."""
        return f"lstm-{self.path.name}"

    @property
    def trained_at(self) -> datetime:
        return datetime.fromisoformat(self.card["trained_at"])

    def check(self) -> None:
        """Raises ModelUnusable where features or files are not what the card says."""
        if self.card["contract"] != contract():
            raise ModelUnusable(f"{self.path}: made for other features; train again")
        for name in (NETWORK, LINEAR):
            if sha256(self.path / name) != self.card["sha256"].get(name):
                raise ModelUnusable(f"{self.path / name}: damaged (sha256 differs from the card)")

    def forecasters(self) -> dict[str, Forecaster]:
        """Its network, and the baselines fitted beside it. Raises ModelUnusable."""
        self.check()
        return {
            **linear_models(self.path / LINEAR),
            self.model: Lstm(self.path / NETWORK, self.model),
        }


def versions(folder: DataFolder | None = None, shipped: Path = SHIPPED) -> list[Version]:
    """Every version with a readable card, newest first; others are logged and left out."""
    places = [shipped] + ([folder.models] if folder else [])
    cards = (
        _read(p) for place in places if place.is_dir() for p in sorted(place.glob("*/card.json"))
    )
    return sorted((v for v in cards if v), key=lambda v: v.trained_at, reverse=True)


def _read(card: Path) -> Version | None:
    try:
        version = Version(card.parent, json.loads(read_file(card)))
        if not {"trained_at", "contract", "sha256"} <= version.card.keys():
            raise KeyError("trained_at, contract or sha256")
        if version.trained_at.tzinfo is None:
            raise ValueError("trained_at without a time zone")
        _check_shape(version.card)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        logger.warning("model card unreadable path=%s why=%s", card, error)
        return None
    return version


def _check_shape(card: dict[str, Any]) -> None:
    """What others read of a card is as they expect it, or they would fail at it later. Raises
    KeyError, TypeError or ValueError."""
    data, verdict = card.get("data", {}), card.get("verdict") or {}
    for name, part in (("data", data), ("verdict", verdict), ("sha256", card["sha256"])):
        if not isinstance(part, dict):
            raise TypeError(f"{name} is no object")
    texts = [card.get("kind", "lstm"), *([verdict["why"]] if verdict else [])]
    "".join([*texts, *(data.get("channels") or ())]).encode()
    for at in (data.get("from"), data.get("to"), *dict(data.get("until") or {}).values()):
        datetime.fromisoformat(at or card["trained_at"])


def usable(folder: DataFolder | None = None, shipped: Path = SHIPPED) -> list[Version]:
    """Versions that pass their check, newest first; the others are refused with a line each."""
    out = []
    for version in versions(folder, shipped):
        try:
            version.check()
            out.append(version)
        except ModelUnusable as error:
            logger.warning("model refused version=%s why=%s", version.path.name, error)
    return out


def candidates(folder: DataFolder | None = None, shipped: Path = SHIPPED) -> list[Version]:
    """Versions that may serve, in the order they are tried: the one that was chosen, those
    that served before it, then the shipped ones, newest first.

    A user's own version serves only once it is promoted.
    """
    by_name = {v.path.name: v for v in versions(folder, shipped)}
    names = _chosen(folder) if folder else []
    names += [name for name, v in by_name.items() if v.path.parent == shipped]
    return [by_name[name] for name in dict.fromkeys(names) if name in by_name]


def _chosen(folder: DataFolder) -> list[str]:
    try:
        choice = read_choice(folder)
    except ModelUnusable as error:
        logger.warning("%s", error)
        return []
    return [choice.version, *(p["version"] for p in choice.previous)] if choice else []


def serving(folder: DataFolder | None = None, shipped: Path = SHIPPED) -> dict[str, Forecaster]:
    """What the daemon serves: the first of `candidates` that loads, then the baselines.

    A damaged or mismatched version is refused with a logged line and the one before serves.
    Raises ModelUnusable when none is left.
    """
    version, models = first_usable(folder, shipped)
    return {version.model: models.pop(version.model), **models}


def first_usable(
    folder: DataFolder | None = None, shipped: Path = SHIPPED
) -> tuple[Version, dict[str, Forecaster]]:
    """The version that serves and its forecasters. Raises ModelUnusable when none is left."""
    for version in candidates(folder, shipped):
        if models := _loaded(version):
            return version, models
    raise ModelUnusable(
        "no usable model: none in models/weights, none promoted in DLD_DATA/models; "
        "train one, or promote one (python -m models versions)"
    )


def _loaded(version: Version) -> dict[str, Forecaster]:
    """Its forecasters; none, and a line, where it cannot be used."""
    try:
        return version.forecasters()
    except ModelUnusable as error:
        logger.warning("model refused version=%s why=%s", version.path.name, error)
        return {}


def forecasters(folder: DataFolder | None = None, shipped: Path = SHIPPED) -> dict[str, Forecaster]:
    """Every forecaster there is, by name: what a backtest evaluates.

    The baselines' bands and ridge's coefficients are those of the version that serves, else
    of the newest.
    """
    models: dict[str, Forecaster] = {name: Baseline(name) for name in BASELINES}
    good = usable(folder, shipped)
    first = [v for v in candidates(folder, shipped) if v in good][:1]
    for version in [*reversed(good), *first]:
        models |= _loaded(version)
    return models


def linear_models(path: Path) -> dict[str, Forecaster]:
    """Baselines and ridge of a linear.json. Raises ModelUnusable."""
    try:
        body = json.loads(read_file(path))
        models: dict[str, Forecaster] = {
            name: Baseline(name, Spread.from_json(body["spreads"][name])) for name in BASELINES
        }
        return {**models, "ridge": Ridge.from_json(body["ridge"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelUnusable(f"{path}: not the coefficients of the baselines ({error})") from error


def sha256(path: Path) -> str:
    """Hex digest of a file; '' where it is missing or cannot be read."""
    try:
        return hashlib.sha256(read_file(path)).hexdigest()
    except OSError:
        return ""


@cache
def _shipped_forecasters() -> dict[str, Forecaster]:
    return forecasters()


def __getattr__(name: str) -> dict[str, Forecaster]:
    """FORECASTERS: every forecaster of the repository by name, loaded when first asked for."""
    if name == "FORECASTERS":
        return _shipped_forecasters()
    raise AttributeError(name)
