"""Models by name: the baselines, and every trained version on disk.

A version is a folder: card.json (what it was trained on and how good it is), model.tflite and
linear.json (the baselines' bands and ridge's coefficients, fitted on the same data). Shipped
versions lie in models/weights/, a user's own in DLD_DATA/models/.
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
from models.features import CONTEXT, FEATURES_VERSION, NAMES
from models.naive import BASELINES, Baseline, Spread
from models.ridge import Ridge
from models.serve import Lstm
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable
from warehouse.records import HORIZON, QUANTILES, VOLUME_QUANTILES, WINDOW_SECONDS

logger = logging.getLogger(__name__)
SHIPPED = Path(__file__).parent / "weights"
CARD, NETWORK, LINEAR = "card.json", "model.tflite", "linear.json"


def contract() -> dict[str, Any]:
    """What weights depend on; a card that says otherwise is refused."""
    return {
        "features_version": FEATURES_VERSION,
        "features": list(NAMES),
        "context": CONTEXT,
        "window_s": WINDOW_SECONDS,
        "horizon": HORIZON,
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
    found = (
        _read(p) for place in places if place.is_dir() for p in sorted(place.glob("*/card.json"))
    )
    return sorted((v for v in found if v), key=lambda v: v.trained_at, reverse=True)


def _read(card: Path) -> Version | None:
    try:
        version = Version(card.parent, json.loads(card.read_text(encoding="utf-8")))
        if not {"trained_at", "contract", "sha256"} <= version.card.keys():
            raise KeyError("trained_at, contract or sha256")
        if version.trained_at.tzinfo is None:
            raise ValueError("trained_at without a time zone")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("model card unreadable path=%s why=%s", card, error)
        return None
    return version


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


def serving(folder: DataFolder | None = None, shipped: Path = SHIPPED) -> dict[str, Forecaster]:
    """What the daemon serves: the newest usable network first, then the baselines.

    A damaged or mismatched version is refused with a logged line and the one before serves.
    Raises ModelUnusable when none is left.
    """
    for version in usable(folder, shipped):
        try:
            found = version.forecasters()
        except ModelUnusable as error:
            logger.warning("model refused version=%s why=%s", version.path.name, error)
            continue
        return {version.model: found.pop(version.model), **found}
    raise ModelUnusable("no usable model in models/weights or DLD_DATA/models; train one")


def forecasters(folder: DataFolder | None = None, shipped: Path = SHIPPED) -> dict[str, Forecaster]:
    """Every forecaster there is, by name: what a backtest evaluates.

    The baselines' bands and ridge's coefficients are those of the newest usable version.
    """
    found: dict[str, Forecaster] = {name: Baseline(name) for name in BASELINES}
    for version in reversed(usable(folder, shipped)):
        try:
            found |= version.forecasters()
        except ModelUnusable as error:
            logger.warning("model refused version=%s why=%s", version.path.name, error)
    return found


def linear_models(path: Path) -> dict[str, Forecaster]:
    """Baselines and ridge of a linear.json. Raises ModelUnusable."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        found: dict[str, Forecaster] = {
            name: Baseline(name, Spread.from_json(body["spreads"][name])) for name in BASELINES
        }
        return {**found, "ridge": Ridge.from_json(body["ridge"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelUnusable(f"{path}: not the coefficients of the baselines ({error})") from error


def sha256(path: Path) -> str:
    """Hex digest of a file; '' where it is missing."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@cache
def _shipped_forecasters() -> dict[str, Forecaster]:
    return forecasters()


def __getattr__(name: str) -> dict[str, Forecaster]:
    """FORECASTERS: every forecaster of the repository by name, loaded when first asked for."""
    if name == "FORECASTERS":
        return _shipped_forecasters()
    raise AttributeError(name)
