"""What every format of past chat keeps to, over the registry."""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.imports.formats import FORMATS, NAMES, Format
from pipeline.imports.formats.base import Log, Said
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.stage import stage
from tests.helpers.logs import ALL, written
from tests.helpers.paths import ROOT


def test_every_format_has_a_log_that_is_told_to_be_of_it() -> None:
    detected = {name for name, *_ in ALL.values()}
    assert {FORMATS[name].read for name in detected} == {form.read for form in FORMATS.values()}


def test_every_format_is_documented() -> None:
    page = (ROOT / "docs" / "import.md").read_text("utf-8")
    (table,) = re.findall(r"^\| table \|.*?^\| lines \|", page, re.MULTILINE | re.DOTALL)
    documented = re.findall(r"^\| ([a-z, -]+) \|", table, re.MULTILINE)
    assert sorted(", ".join(documented).split(", ")) == sorted(set(NAMES) - {"auto"})


def diary(file: LogFile, log: Log) -> Iterator[Said]:
    for second, line in enumerate(file.lines()):
        yield Said(float(second), "ann", line)


def test_a_format_needs_a_line_in_the_registry_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a", "Dear diary,\nhello\n")
    monkeypatch.setitem(FORMATS, "diary", Format(diary, has_head=re.compile("Dear diary").match))
    assert detect(path) == "diary"
    staged = stage(path, "diary", tmp_path / "b.parquet", lambda n: None)
    assert pq.read_table(staged.table)["text"].to_pylist() == ["Dear diary,", "hello"]
