"""Backups of earlier versions: what they hold comes into the schema of today."""

from pathlib import Path

import pytest

from warehouse.config import DataFolder
from warehouse.connections import open_duckdb
from warehouse.sql import migrations, sql
from warehouse.store import backup
from warehouse.store.store import CONFIG, Store

SCHEMAS = [number for number, _ in migrations()]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_backup_of_every_schema_is_restored(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schema: int
) -> None:
    path, steps = tmp_path / "kept.backup", [step for step in migrations() if step[0] <= schema]
    folder.root.mkdir(parents=True)
    (folder.root / "salt").write_bytes(bytes(32))
    with (
        monkeypatch.context() as then,
        open_duckdb(folder.warehouse, reach=[folder.root, tmp_path], config=CONFIG) as con,
    ):
        then.setattr(backup, "migrations", lambda: steps)
        for _, text in steps:
            con.execute(text).fetchall()
        con.execute(sql("set_meta"), {"names": ["schema"], "contents": [str(schema)]}).fetchall()
        backup.write_backup(con, folder, path)
    there = DataFolder(tmp_path / "there")
    backup.restore_backup(path, there, lambda files: None)
    with Store(there.warehouse) as store:
        assert store.meta("schema") == str(SCHEMAS[-1])
