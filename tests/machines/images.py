"""Images of deploy/Containerfile, built and run by buildah without a daemon, as root.

The base is Debian's, made by mmdebstrap, in place of python:3.13-slim; packages come as wheels
that this machine's pip has fetched. Both are kept in build/images; what is built goes at the end.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.paths import ROOT

KEPT = ROOT / "build/images"
WHEELS, BASE = KEPT / "wheels", KEPT / "base.tar"
USER = 10001
_BASE_NAME = "localhost/dld-base"
_PYTHON = "3.11"  # bookworm's
_PACKAGES = "usr-is-merged,python3,python3-venv,ca-certificates,libstdc++6"
_LEFT_OUT = ("doc", "info", "locale", "man")
_PIP = "[global]\nno-index = true\nfind-links = /wheels\n"


def needs_images() -> None:
    """Skips where images cannot be built; fails where DLD_REQUIRE_MACHINES=1."""
    missing = [name for name in ("buildah", "mmdebstrap") if not shutil.which(name)]
    reason = f"no {' and '.join(missing)}" if missing else "" if os.geteuid() == 0 else "not root"
    if not reason:
        return
    if os.environ.get("DLD_REQUIRE_MACHINES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Images:
    """Images in a store of their own, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pip = folder / "pip.conf"
        self._pip.write_text(_PIP)

    def command(self, *words: object) -> list[str]:
        """buildah's, on this store. vfs needs nothing of the kernel, and copies each layer."""
        places = ("--root", self.folder / "store", "--runroot", self.folder / "run")
        return ["buildah", *map(str, places), "--storage-driver", "vfs", *map(str, words)]

    def do(self, *words: object) -> str:
        """Its standard output; what it says on failure is the test's to tell."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stderr[-4000:]}"
        return done.stdout

    def make_base(self) -> None:
        """The base image, of the tar that is kept."""
        _make_tar()
        context = self.folder / "base"
        context.mkdir()
        os.link(BASE, context / "base.tar")
        (context / "Containerfile").write_text("FROM scratch\nADD base.tar /\n")
        self.do("bud", "--isolation", "chroot", "-t", _BASE_NAME, context)

    def build(self, target: str, context: Path) -> str:
        """The image of a target; its name."""
        name = f"localhost/dld-{target}"
        self.do(
            "bud", "--isolation", "chroot", "--format", "docker", "--build-arg",
            f"BASE={_BASE_NAME}", "--volume", f"{_wheels()}:/wheels:ro", "--volume",
            f"{self._pip}:/etc/pip.conf:ro", "-f", context / "deploy/Containerfile",
            "--target", target, "-t", name, context,
        )  # fmt: skip
        return name

    def config(self, image: str) -> dict[str, Any]:
        """What the image says of itself: Cmd, Env, User, Healthcheck ..."""
        found: dict[str, Any] = json.loads(self.do("inspect", "--type", "image", image))
        return dict(found["Docker"]["config"])

    @contextmanager
    def container(self, image: str) -> Iterator[tuple[str, Path]]:
        """A container of it, and its root as this machine sees it."""
        name = self.do("from", image).strip()
        try:
            yield name, Path(self.do("mount", name).strip())
        finally:
            self.do("umount", name)
            self.do("rm", name)


def _make_tar() -> None:
    """As small as python:slim: without documentation and bytecode of Python's own."""
    if BASE.exists():
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    aside = BASE.with_suffix(".new.tar")
    less = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    clean = 'find "$1/usr" -name __pycache__ -prune -exec rm -r {} +'
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=essential", f"--include={_PACKAGES}", *less,
         "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", f"--customize-hook={clean}",
         "bookworm", aside],
        check=True, timeout=300,
    )  # fmt: skip
    aside.rename(BASE)


def _wheels() -> Path:
    """What the images install, fetched anew where the requirements have changed."""
    sets = sorted((ROOT / "requirements").glob("*.txt"))
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in sets)).hexdigest()
    stamp = WHEELS / "stamp"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(WHEELS, ignore_errors=True)
        if subprocess.run(
            [sys.executable, "-m", "pip", "--version"], capture_output=True
        ).returncode:
            subprocess.run([sys.executable, "-m", "ensurepip"], check=True, timeout=60)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--only-binary", ":all:",
             "--python-version", _PYTHON, "-d", WHEELS, "-r", ROOT / "requirements/machines.txt"],
            check=True, timeout=300,
        )  # fmt: skip
        stamp.write_text(wanted)
    return WHEELS
