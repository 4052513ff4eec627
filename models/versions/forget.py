"""A channel that is to be forgotten is named in no card, report or log of DLD_DATA/models.

What networks learnt from it has no name and stays: they are averages over all channels.
"""

import json
import re
from pathlib import Path
from typing import Any

from models.output import part
from warehouse.atomic import read_file, replace_file
from warehouse.config import DataFolder

RESULTS = ("predictions.parquet", "report.json", "report.md")
LOG = "train.log"
_NAMED = ("channels", "until", "held_out_channels")  # of a card's data


def forget_channel(folder: DataFolder, channel: str) -> bool:
    """Whether anything there named the channel. It can be done again after a crash."""
    cards = [_forget_in_card(path, channel) for path in folder.models.glob("*/card.json")]
    places = [
        place for place in (folder.models / LOG, folder.models / "backtest") if place.exists()
    ]
    naming = [place for place in places if _names(place, channel)]
    for place in naming:
        for path in [place / name for name in RESULTS] if place.is_dir() else [place]:
            path.unlink(missing_ok=True)
            part(path).unlink(missing_ok=True)
    return any([*cards, *naming])


def _names(place: Path, channel: str) -> bool:
    """Whether a log or a backtest names it; predictions without their report may."""
    text = place / "report.json" if place.is_dir() else place
    if not text.is_file():
        return (place / "predictions.parquet").exists()
    named = re.compile(rf"(?<![\w~]){re.escape(channel)}(?![\w~])")
    return named.search(read_file(text).decode(errors="replace")) is not None


def _forget_in_card(path: Path, channel: str) -> bool:
    try:
        card = json.loads(read_file(path))
        data = card.get("data") or {}
        places = [(data, name) for name in _NAMED] + [(card, "hold_out")]
        entries = [(of, name) for of, name in places if channel in (of.get(name) or ())]
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return False  # the registry leaves it out too
    for of, name in entries:
        of[name] = _without(of[name], channel)
    if entries:
        replace_file(path, json.dumps(card, indent=1).encode())
    return bool(entries)


def _without(names: Any, channel: str) -> Any:
    if isinstance(names, dict):
        return {name: value for name, value in names.items() if name != channel}
    return [name for name in names if name != channel]
