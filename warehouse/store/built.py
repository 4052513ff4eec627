"""A warehouse in the making: built aside from rows of elsewhere, in force when all is in it."""

from collections.abc import Iterable
from pathlib import Path

from warehouse.atomic import private_folder
from warehouse.config import DataFolder
from warehouse.connections import Connection, open_duckdb
from warehouse.sql import migrations
from warehouse.store.store import CONFIG, Store


class Built:
    """A warehouse of that schema, made aside and put in force when all is in it. reach: files
    elsewhere that it is made of."""

    def __init__(self, folder: DataFolder, schema: int, reach: Iterable[Path] = ()) -> None:
        self.folder, self.schema = folder, schema
        self.reach = [folder.root, *reach]
        self.aside = folder.root / ".restored.duckdb"

    def __enter__(self) -> Connection:
        private_folder(self.folder.root)
        self._tidy()
        self.con = open_duckdb(self.aside, reach=self.reach, config=CONFIG)
        for number, text in migrations():
            if number <= self.schema:
                self.con.execute(text).fetchall()
        return self.con

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        self.con.close()
        try:
            if kind is None:
                with Store(self.aside):  # brings an older schema up to date
                    pass
                self.aside.chmod(0o600)
                self.aside.replace(self.folder.warehouse)
        finally:
            self._tidy()

    def _tidy(self) -> None:
        for left in self.folder.root.glob(f"{self.aside.name}*"):
            left.unlink()
