"""Containers of the images, as buildah runs them: what starts in them, as whom, and how it ends."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.patience import PATIENCE_S, until
from tests.machines.images import Images


@dataclass
class Built:
    """An image, a container of it, and the root of that as this machine sees it.

    stopped_s: how long each process took to end when it was asked to."""

    images: Images
    image: str
    name: str
    root: Path
    stopped_s: list[float] = field(default_factory=list)

    def command(self, data: Path, words: list[str], **env: object) -> list[str]:
        # not at /data: there buildah lays a volume of its own over it
        env = {"DLD_DATA": "/volume", **env}
        settings = [word for pair in env.items() for word in ("--env", "{}={}".format(*pair))]
        return self.images.command(
            "run", "--isolation", "chroot", "--network", "host", "--volume", f"{data}:/volume",
            *settings, self.name, "--", *words,
        )  # fmt: skip

    def do(self, data: Path, *words: str, text: str = "", **env: object) -> str:
        """What a command in it prints."""
        done = subprocess.run(
            self.command(data, list(words), **env),
            input=text, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def is_healthy(self, data: Path, **env: object) -> bool:
        """What the image's own check of health says."""
        kind, *words = self.images.config(self.image)["Healthcheck"]["Test"]
        command = words if kind == "CMD" else ["/bin/sh", "-c", *words]
        return (
            subprocess.run(self.command(data, command, **env), timeout=PATIENCE_S).returncode == 0
        )


@contextmanager
def running(image: Built, data: Path, words: Sequence[str] = (), **env: object) -> Iterator[int]:
    """It with these words, or as it starts by itself; the process in it. Ends by itself when it is
    asked to."""
    words = list(words) or image.images.config(image.image)["Cmd"]
    log = (data.parent / f"{data.name}-{image.image.rpartition('-')[2]}.log").open("w+")
    process = subprocess.Popen(image.command(data, words, **env), stdout=log, stderr=log)
    try:
        yield _in_it(process.pid, words)
        told_at = time.monotonic()
        os.kill(_in_it(process.pid, words), signal.SIGTERM)
        process.wait(PATIENCE_S)
        image.stopped_s.append(time.monotonic() - told_at)
        log.seek(0)
        assert "Traceback" not in log.read()
    finally:
        if process.poll() is None:
            for child in _below(process.pid):
                os.kill(child, signal.SIGKILL)
            process.kill()
            process.wait()
        log.close()


def _in_it(pid: int, words: list[str]) -> int:
    """The process of the container, below buildah's own."""
    return until(lambda: next(_called(words, _below(pid)), 0), lambda: f"{words} did not start")


def _called(words: list[str], pids: list[int]) -> Iterator[int]:
    for pid in pids:
        with suppress(OSError):  # ended meanwhile
            line = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if Path(line[0]).name == words[0] and line[1 : len(words)] == words[1:]:
                yield pid


def _below(pid: int) -> list[int]:
    """All that it has started, and what they have."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended meanwhile
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(") ")[2].split()[1])
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found[1:]


def uids(pid: int) -> set[int]:
    """Users of a process and of all that it has started."""
    return {Path(f"/proc/{p}").stat().st_uid for p in (pid, *_below(pid))}
