"""What docs/data.md and the notebook show works as it stands, on simulated chat."""

import json
import re
import shlex
from pathlib import Path

import nbformat
import openpyxl
import pytest
from nbclient import NotebookClient

from tests.helpers.paths import ROOT
from tests.unit.warehouse.analysis.test_question import ask
from warehouse.analysis.database import write_database
from warehouse.config import DataFolder

PAGE = (ROOT / "docs" / "data.md").read_text("utf-8")
NOTEBOOKS = sorted((ROOT / "docs" / "examples").glob("*.ipynb"))
_SQL = "python -m warehouse sql "


def shown(language: str) -> list[str]:
    """The page's pieces in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


COMMANDS = [
    line.strip()
    for line in PAGE.splitlines()
    if line.startswith(f"    {_SQL}") and '"..."' not in line
]


@pytest.fixture
def place(simulated: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, where `python -m warehouse open dld.duckdb` was typed."""
    monkeypatch.setenv("DLD_DATA", str(simulated.root))
    monkeypatch.chdir(tmp_path)
    write_database(simulated, tmp_path / "dld.duckdb")
    return tmp_path


def test_the_page_shows_recipes() -> None:
    assert len(shown("python")) >= 3 and len(shown("sql")) >= 4 and len(COMMANDS) >= 2
    assert [path.name for path in NOTEBOOKS if f"examples/{path.name}" in PAGE]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("query", shown("sql"))
def test_a_question_that_is_shown_has_an_answer(query: str) -> None:
    done = ask("-", "--format", "json", stdin=query.encode())
    assert done.code == 0
    assert json.loads(done.out)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_shown_works(command: str, place: Path) -> None:
    words = shlex.split(command.removeprefix(_SQL))
    assert ask(*words).code == 0
    assert "--out" not in words or (place / words[-1]).stat().st_size > 100


@pytest.mark.parametrize("code", shown("python"))
def test_a_piece_of_python_that_is_shown_works(code: str, place: Path) -> None:
    exec(compile(code, "docs/data.md", "exec"), {})
    if "to_excel" in code:
        sheet = openpyxl.load_workbook(place / "hours.xlsx")["hours"]
        assert sheet.max_row > 3 and sheet["B2"].is_date


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_to_its_end(path: Path, place: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # they would be somebody's
    done = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": place}}).execute()
    drawn = [out for cell in done.cells for out in cell.get("outputs", ())]
    assert any("application/vnd.plotly.v1+json" in out.get("data", {}) for out in drawn)
