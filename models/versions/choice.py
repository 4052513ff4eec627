"""The choice of what serves: one small file, DLD_DATA/models/serving.json, replaced by rename."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from warehouse.atomic import Stamp, private_folder, read_file, replace_file, stamp_or_none
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable

CHOICE = "serving.json"
KEPT = 50  # versions remembered as served before
Past = dict[str, str]  # version, since, until, why: as in the file


@dataclass(frozen=True)
class Choice:
    """The version that was chosen to serve. since: ISO time. previous: newest first."""

    version: str
    since: str
    why: str
    previous: tuple[Past, ...] = ()

    def left(self, until: str) -> Past:
        """This choice as one of the previous ones."""
        return {"version": self.version, "since": self.since, "until": until, "why": self.why}


def read_choice(folder: DataFolder) -> Choice | None:
    """None where nothing was ever chosen. Raises ModelUnusable for a file that says nothing."""
    path = folder.models / CHOICE
    try:
        body = json.loads(read_file(path))
        version, since, why = (str(body[name]) for name in ("version", "since", "why"))
        return Choice(version, since, why, tuple(_past(p) for p in body["previous"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelUnusable(
            f"{path}: does not say which version serves ({error!r}); "
            "choose one: python -m models promote VERSION"
        ) from error


def _past(body: dict[str, Any]) -> Past:
    return {name: str(body[name]) for name in ("version", "since", "until", "why")}


def write_choice(folder: DataFolder, choice: Choice) -> None:
    """A running daemon serves it within a minute."""
    private_folder(folder.models)
    body = asdict(choice) | {"previous": list(choice.previous[:KEPT])}
    replace_file(folder.models / CHOICE, json.dumps(body, indent=1).encode())


def mark(folder: DataFolder) -> Stamp | None:
    """Changes when the file does; None where there is none. One stat."""
    return stamp_or_none(folder.models / CHOICE)
