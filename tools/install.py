"""Build .venv and keep it in step with requirements/. Standard library only: it comes first.

Run from the top folder by tools/setup.sh, with the Python that .venv is to be made of and the
names of sets. Sets add up. A file inside .venv that is there only while nothing is being installed
holds a digest of each: an interrupted or outdated installation is noticed, a complete one costs no
time.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

# free for a set that is not there yet, with what it includes: pip keeps the archives meanwhile
NEEDED_GB = {
    "shared": 0.2,
    "http": 0.3,
    "ebs": 0.3,
    "warehouse": 0.7,
    "dashboard": 1.0,
    "pipeline": 1.2,
    "run": 1.5,
    "machines": 2.0,
    "lint": 2.0,
    "train": 4.0,
    "test": 4.0,
    "servers": 4.5,
}
STAMP = ".sets"
INCLUDE = re.compile(r"^-r (\S+)$", re.MULTILINE)


class SetupFailed(Exception):
    """A reason why .venv cannot be made, in one line for the user."""


def main(sets: list[str]) -> int:
    """0 when .venv has the sets; 1 after one line on stderr."""
    root = Path.cwd()
    # ended like this, subprocess.run() stops what it runs; make passes the signal to us alone
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        # two `make` at once must not install into the same folder
        with (root / ".setup").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for name in sets:
                prepare(root / ".venv", root / "requirements" / f"{name}.txt")
    except (SetupFailed, OSError) as error:
        print(f"dld: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dld: set-up interrupted; the next make goes on with it", file=sys.stderr)
        return 130
    return 0


def prepare(venv: Path, requirements: Path) -> None:
    """Make venv and install a set, each only if it has to be done."""
    wanted = digests(requirements)
    reusable = is_usable(venv)
    installed = read_stamp(venv) if reusable else {}
    if wanted.items() <= installed.items():
        return
    if requirements.stem not in installed:
        require_space(venv.parent, NEEDED_GB[requirements.stem])
    if not reusable:
        build(venv)
    (venv / STAMP).unlink(missing_ok=True)
    install(venv, requirements)
    lines = (f"{name} {digest}\n" for name, digest in {**installed, **wanted}.items())
    (venv / STAMP).write_text("".join(lines))


def digests(requirements: Path) -> dict[str, str]:
    """By name, the digest of a set and of each that it includes: of its file and of theirs."""
    text = requirements.read_text()
    by_set: dict[str, str] = {}
    for name in INCLUDE.findall(text):
        by_set |= digests(requirements.parent / name)
    whole = "".join([text, *by_set.values()])
    return by_set | {requirements.stem: hashlib.sha256(whole.encode()).hexdigest()}


def read_stamp(venv: Path) -> dict[str, str]:
    """Digests of the sets that are in venv, by name; none where an installation broke off."""
    try:
        return dict(line.split() for line in (venv / STAMP).read_text().splitlines())
    except FileNotFoundError:
        return {}


def is_usable(venv: Path) -> bool:
    """True if venv runs, on the same Python version as this one."""
    if Path(sys.prefix) == venv:
        return True
    command = [str(venv / "bin/python"), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return version.split() == [str(sys.version_info.major), str(sys.version_info.minor)]


def require_space(folder: Path, needed_gb: float) -> None:
    """Refuse to begin what a full disk would break off half-way."""
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < needed_gb:
        raise SetupFailed(
            f"not enough disk space: {free_gb:.1f} GB free in {folder}, {needed_gb:.1f} GB needed"
        )


def build(venv: Path) -> None:
    """An empty virtual environment in place of whatever is there."""
    version = ".".join(map(str, sys.version_info[:3]))
    print(f"dld: making .venv with Python {version} ({sys.executable})", flush=True)
    if venv.is_symlink():
        raise SetupFailed(f"{venv} is a link to an environment that does not fit; remove the link")
    if venv.exists():
        shutil.rmtree(venv)
    uv = find_uv()
    if uv:
        run([uv, "venv", "--quiet", "--python", sys.executable, str(venv)])
    elif importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        run([sys.executable, "-m", "venv", str(venv)])
    else:
        raise SetupFailed(
            f"{sys.executable} cannot make virtual environments; "
            f"install uv or Python's venv (Debian: apt-get install python3-venv)"
        )


def install(venv: Path, requirements: Path) -> None:
    """Install the pinned packages with uv where it is there, else with pip."""
    print(f"dld: installing what {requirements.stem} needs (minutes the first time)", flush=True)
    python = str(venv / "bin/python")
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    uv = find_uv()
    if uv:
        command = [uv, "pip", "install", "--python", python]
    else:
        if subprocess.run([python, "-c", "import pip"], capture_output=True).returncode:
            run([python, "-m", "ensurepip"])  # made by a uv that has since gone
        command = [python, "-m", "pip", "install", "--disable-pip-version-check"]
        command.append("--no-compile")
    run([*command, *quiet, "-r", str(requirements)])
    # Python compiles what is imported, when it is, unless it was told to leave no files behind:
    # then every start would take seconds more
    if sys.dont_write_bytecode:
        run([python, "-m", "compileall", "-q", "-j", "0", "-x", "/tests?/", str(venv / "lib")])


def find_uv() -> str | None:
    """Path of a uv that runs, or None."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True).returncode == 0:
        return uv
    return None


def run(command: list[str]) -> None:
    """Run a set-up command; its own output stays visible above our line."""
    environment = {name: value for name, value in os.environ.items() if name != "PIP_USER"}
    done = subprocess.run(command, env=environment)
    if done.returncode:
        raise SetupFailed(f"set-up failed, see above: {' '.join(command)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
