"""Build .venv and keep it in step with requirements.txt. Standard library only: it comes first.

Run from the top folder by tools/setup.sh, with the Python that .venv is to be made of.
A stamp inside .venv, written last, holds the digest of what was installed: an interrupted
or outdated installation is noticed, a complete one costs no time.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

NEEDED_GB = 4.0  # TensorFlow alone unpacks to more than 1 GB, and pip keeps the archives meanwhile


class SetupFailed(Exception):
    """Why .venv cannot be made: one line for the user."""


def main() -> int:
    """0 when .venv is ready; 1 after one line on stderr."""
    root = Path.cwd()
    # ended like this, subprocess.run() stops what it runs; make passes the signal to us alone
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        # two `make` at once must not install into the same folder
        with (root / ".setup").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            prepare(root / ".venv", root / "requirements.txt")
    except (SetupFailed, OSError) as error:
        print(f"dld: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dld: set-up interrupted; the next make goes on with it", file=sys.stderr)
        return 130
    return 0


def prepare(venv: Path, requirements: Path) -> None:
    """Make venv and install requirements, each only if it has to be done."""
    stamp = venv / ".installed"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    reusable = is_usable(venv)
    if reusable and stamp.exists() and stamp.read_text() == wanted:
        return
    if not stamp.exists():
        require_space(venv.parent)
    stamp.unlink(missing_ok=True)
    if not reusable:
        build(venv)
    install(venv, requirements)
    stamp.write_text(wanted)


def is_usable(venv: Path) -> bool:
    """Whether venv runs, on the same Python version as this one."""
    if Path(sys.prefix) == venv:
        return True
    command = [str(venv / "bin/python"), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return False
    return found == [str(sys.version_info.major), str(sys.version_info.minor)]


def require_space(folder: Path) -> None:
    """Refuse to begin what a full disk would break off half-way."""
    free_gb = shutil.disk_usage(folder).free / 1e9
    if free_gb < NEEDED_GB:
        raise SetupFailed(
            f"not enough disk space: {free_gb:.1f} GB free in {folder}, {NEEDED_GB:.0f} GB needed"
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
    print("dld: installing requirements.txt (some minutes the first time)", flush=True)
    python = str(venv / "bin/python")
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    uv = find_uv()
    if uv:
        command = [uv, "pip", "install", "--python", python]
    else:
        if subprocess.run([python, "-c", "import pip"], capture_output=True).returncode:
            run([python, "-m", "ensurepip"])  # made by a uv that has since gone
        command = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    run([*command, *quiet, "-r", str(requirements)])


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
    sys.exit(main())
