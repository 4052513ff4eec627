"""Rules of the house that no linter knows."""

import ast
import re
import sys
from collections import Counter
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from tests.helpers.paths import ROOT

OURS = ("dashboard", "ebs", "models", "pipeline", "tools", "warehouse")
# imports that wait: what they load takes long, and is not always needed
ON_DEMAND = (
    "dashboard/app.py", "ebs/broadcasting/worker.py", "models/__main__.py", "models/training/",
)  # fmt: skip
_QUESTION = re.compile(r"(What|Whether|How|Where|Who|When|Why|Which)\b")


def test_nothing_at_the_top_of_the_dashboard_hides_a_library() -> None:
    """Streamlit puts dashboard/ first on the path: any library's `import NAME` would load ours."""
    ours = {package.parent.name for package in ROOT.glob("*/__init__.py")}
    libraries = {*packages_distributions(), *sys.stdlib_module_names}
    assert not {path.stem for path in (ROOT / "dashboard").iterdir()} & (libraries | ours)


@pytest.mark.parametrize("package", OURS)
def test_a_class_name_occurs_once_in_a_package(package: str) -> None:
    names = Counter(
        node.name
        for tree in trees(package).values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert {name for name, n in names.items() if n > 1} == set()


@pytest.mark.parametrize("package", OURS)
def test_a_docstring_of_a_module_or_class_begins_with_what_it_is(package: str) -> None:
    begins_badly = [
        f"{path}: {docstring.splitlines()[0]}"
        for path, tree in trees(package).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef)
        if (docstring := ast.get_docstring(node)) and _QUESTION.match(docstring)
    ]
    assert begins_badly == []


@pytest.mark.parametrize("package", OURS)
def test_every_import_of_ours_stands_at_the_top_of_its_module(package: str) -> None:
    """What is loaded by name when it is asked for stands in a registry: commands and sources."""
    hidden = [
        f"{path}:{inner.lineno}"
        for path, tree in trees(package).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If)
        for inner in ast.walk(node)
        if not path.startswith(ON_DEMAND)
        if isinstance(inner, ast.ImportFrom) and str(inner.module).split(".")[0] in OURS
    ]
    assert hidden == []


def test_what_a_widget_calls_is_no_lambda() -> None:
    """Streamlit keeps it while the session lasts, and for minutes after: with a lambda all that
    it names, such as the windows of a month."""
    lambdas = [
        f"{path}:{node.lineno}"
        for path, tree in trees("dashboard").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Lambda)
        if re.match("format_func|on_", node.arg or "")
    ]
    assert lambdas == []


@cache
@pytest.mark.parametrize("package", OURS)
def test_signs_are_put_before_figures_in_one_place(package: str) -> None:
    """A format of Python's or d3's with a plus says "+0.00", and Python's minus is a hyphen."""
    signing = re.compile(r":\+[.,~\d]|tickformat\W+\+|%\+\.")
    found = {path for path in (ROOT / package).rglob("*.py") if signing.search(path.read_text())}
    assert not found, f"{found}: warehouse.figures.signed words a figure with its sign"


def trees(package: str) -> dict[str, ast.Module]:
    """Syntax of every module, by its path."""
    paths = (ROOT / package).rglob("*.py")
    return {str(p.relative_to(ROOT)): ast.parse(p.read_text("utf-8")) for p in paths}
