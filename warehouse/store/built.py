"""A warehouse in the making: built aside from rows of elsewhere, in force when all is in it."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from warehouse.atomic import private_folder
from warehouse.config import DataFolder
from warehouse.connections import Connection, open_duckdb
from warehouse.errors import StorageFull
from warehouse.sql import migrations
from warehouse.store.store import CONFIG, Store, is_full


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
        with self._done_with() as undo:
            self.con = undo.enter_context(open_duckdb(self.aside, reach=self.reach, config=CONFIG))
            for number, text in migrations():
                if number <= self.schema:
                    self.con.execute(text).fetchall()
            undo.pop_all()
        return self.con

    def __exit__(self, kind: type[BaseException] | None, *failure: object) -> None:
        with self._done_with(), self.con:
            if kind is None:
                self._put_in_force()

    @contextmanager
    def _done_with(self) -> Iterator[ExitStack]:
        """Nothing is left aside. Raises StorageFull."""
        try:
            with ExitStack() as undo:
                undo.callback(self._tidy)
                yield undo
        except duckdb.Error as exc:
            if not is_full(exc):
                raise
            raise StorageFull(f"no space left to restore {self.folder.root}; free some") from exc

    def _put_in_force(self) -> None:
        self.con.execute("CHECKPOINT")  # DuckDB's own, at the end, fails in silence
        self.con.close()
        with Store(self.aside) as store:  # brings an older schema up to date
            store.rest()
        self.aside.chmod(0o600)
        self.aside.replace(self.folder.warehouse)

    def _tidy(self) -> None:
        for left in self.folder.root.glob(f"{self.aside.name}*"):
            left.unlink()
