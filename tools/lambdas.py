"""python -m tools.lambdas: the zips of two Lambda functions, made of this checkout and .venv."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from platform import machine

from tools.extension import BUILD, ROOT, write_zip


@dataclass(frozen=True)
class Contents:
    """Things that a function needs beside the modules that it imports of ours."""

    distributions: tuple[str, ...]
    data: str


FUNCTIONS = {
    "score": Contents(("orjson", "vaderSentiment"), "pipeline/scoring/lexicon/*.tsv"),
    "forecast": Contents(
        (
            "ai-edge-litert", "annotated-types", "numpy", "pydantic", "pydantic-core",
            "pydantic-settings", "python-dotenv", "typing-extensions", "typing-inspection",
        ),
        "models/weights/*/*",
    ),
}  # fmt: skip
OURS = ("models", "pipeline", "warehouse")
# of distributions: what no function runs. Of LiteRT only the interpreter does
LEFT_OUT = (
    "../*", "*.pyc", "*.pyi", "*.h", "*.a", "*/tests/*", "ai_edge_litert/aot/*",
    "ai_edge_litert/tools/*", "ai_edge_litert/vendors/*", "ai_edge_litert/libLiteRt*",
    "ai_edge_litert/*_generated.py",
)  # fmt: skip
OLDEST = (3, 12)  # of Lambda's Pythons that stand on a system new enough for numpy's wheels


def main() -> int:
    """0; 1 where a package is not installed or the disk is full."""
    for name in FUNCTIONS:
        try:
            files = files_for(name)
            path = BUILD / f"dld-lambda-{name}.zip"
            packed = write_zip(path, files)
        except (PackageNotFoundError, OSError) as exc:
            print(f"lambdas: {name}: {exc}", file=sys.stderr)
            return 1
        unpacked = sum(map(len, files.values()))
        print(
            f"{path.relative_to(ROOT)}: {unpacked / 1e6:.1f} MB, {packed / 1e6:.1f} packed; "
            f"handler pipeline.lambdas.{name}.handler, runtime python{_python()}, {machine()}"
        )
    if sys.version_info < OLDEST:
        print("lambdas: forecast needs Lambda's python3.12 or newer: make .venv with that one")
    return 0


def files_for(name: str) -> dict[str, bytes]:
    """Contents of a function's zip: path in it -> bytes. Raises PackageNotFoundError."""
    ours = {*our_modules(f"pipeline.lambdas.{name}"), *ROOT.glob(FUNCTIONS[name].data)}
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in ours}
    for package in FUNCTIONS[name].distributions:
        for path in distribution(package).files or ():
            if not any(fnmatch(path.as_posix(), pattern) for pattern in LEFT_OUT):
                files[path.as_posix()] = Path(str(path.locate())).read_bytes()
    return files


def our_modules(first: str) -> set[Path]:
    """Files of a module, of all that it imports of ours, and of their packages."""
    found: set[Path] = set()
    waiting = [first]
    while waiting:
        name = waiting.pop()
        path = ROOT / name.replace(".", "/")
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        if path.is_file() and path not in found:  # a name may be a class of a module
            found.add(path)
            waiting += [name.rpartition(".")[0], *_imported(path)]
    return found


def _imported(path: Path) -> Iterator[str]:
    """Names that may be modules of ours."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in OURS:
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _python() -> str:
    return ".".join(map(str, sys.version_info[:2]))


if __name__ == "__main__":
    sys.exit(main())
