"""State of `collect` in its folder: who is who, which channels are on air, and where it was."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import read_file, replace_file
from warehouse.errors import BadInput
from warehouse.identities import Identities


class CollectState:
    """collect.json of DLD_DATA; a store of values for the sources. Raises BadInput for a file that
    cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            raw = orjson.loads(read_file(path))
            self.identities = Identities(raw["identities"])
            self.on_air = [str(login) for login in raw["on_air"]]
            self._meta = {str(name): str(value) for name, value in raw["meta"].items()}
        except FileNotFoundError:
            self.identities, self.on_air, self._meta = Identities(), [], {}
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise BadInput(f"{path} cannot be read; delete it, and channels are met anew") from exc
        self._saved = b""

    def meta(self, name: str) -> str | None:
        """The value, None where there is none."""
        return self._meta.get(name)

    def write(self, tables: Mapping[str, Any], meta: Mapping[str, str]) -> None:
        """Keep values; there are no tables here."""
        self._meta |= meta
        self.save()

    def save(self) -> None:
        """On disk, where it changed."""
        rows = self.identities.rows()
        told = {"v": 1, "identities": rows, "on_air": self.on_air, "meta": self._meta}
        data = orjson.dumps(told)
        if data != self._saved:
            replace_file(self.path, data)
            self._saved = data
