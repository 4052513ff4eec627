"""ARCHITECTURE.md is true: every room and module stands in it, and each recipe names what is there.

    python -m tests.contract.test_architecture

writes the lines of modules anew, from the first sentences of their docstrings.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT

PAGE = ROOT / "ARCHITECTURE.md"
PACKAGES = ("warehouse", "models", "pipeline", "ebs", "dashboard", "tools")
_BEGIN, _END = "<!-- modules of {}: from their docstrings -->", "<!-- end -->"


def first_sentence(path: Path) -> str:
    """Of the module's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"(?<=[^.])\.(?:\s|$)", paragraph)[0]


def modules_of(package: str) -> str:
    """A heading a room, a line a module."""
    lines = []
    for room in sorted({path.parent for path in (ROOT / package).rglob("*.py")}):
        paths = [path for path in sorted(room.glob("*.py")) if path.name != "__init__.py"]
        about = first_sentence(room / "__init__.py")
        lines += ["", f"**{room.relative_to(ROOT)}/**" + (f" {about}" if about else ""), ""]
        lines += [f"- `{path.stem}`: {first_sentence(path)}" for path in paths]
    return "\n".join([*lines[1:], ""])


def parts(package: str) -> tuple[str, str, str]:
    """The page before, inside and after the lines of a package's modules."""
    before, begin, rest = PAGE.read_text("utf-8").partition(_BEGIN.format(package) + "\n")
    lines, end, after = rest.partition(_END)
    return before + begin, lines, end + after


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_has_its_line(package: str) -> None:
    assert parts(package)[1] == modules_of(package)


def test_every_path_that_the_page_names_is_there() -> None:
    """A module's may leave out .py; after a colon stands a name that is in the file."""
    text = PAGE.read_text("utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+[A-Za-z_.]*)(?:: ([A-Za-z_]+))?`", text))
    assert len(named) > 40
    missing = [
        (path, name)
        for path, name in sorted(named)
        if not (file := existing(path)) or (name and name not in file.read_text("utf-8"))
    ]
    assert missing == []


def existing(path: str) -> Path | None:
    """The file or folder of that name."""
    return next((p for p in (ROOT / path, ROOT / f"{path}.py") if p.exists()), None)


def rewrite() -> None:
    """Put the lines of today into the page."""
    for package in PACKAGES:
        before, _, after = parts(package)
        PAGE.write_text(before + modules_of(package) + after, "utf-8")


if __name__ == "__main__":
    rewrite()
