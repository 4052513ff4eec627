"""python -m tools.extension: the zip that is uploaded to Twitch, checked against Twitch's rules."""

import json
import re
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from tools.config import ExtensionSettings
from tools.extension_checks import complaints
from warehouse.errors import AppError, BadInput
from warehouse.removed_settings import name_removed_settings

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = ROOT / "extension"
BUILD = ROOT / "build"
SETTINGS = "settings.js"
VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the first date a zip knows: the same bytes every time
PLAIN_FILE = 0o100644 << 16
SET = """\
// Where the EBS answers; filled in by `make extension`. Its host is on the extension's allow-list
// (Twitch console: Capabilities, "Allowlist for URL Fetching Domains").
export const EBS = {};
"""


def main() -> int:
    """0, 1 where the zip would be refused, 2 for a wrong setting."""
    try:
        settings = ExtensionSettings()
        ebs = https_address(settings.ebs)
        version = version_of((EXTENSION / "VERSION").read_text("utf-8"))
    except ValidationError as exc:
        return _refuse("; ".join(f"DLD_EXTENSION_EBS: {e['msg']}" for e in exc.errors()), 2)
    except AppError as exc:
        return _refuse(str(exc), 2)
    except OSError as exc:
        return _refuse(f"extension/VERSION cannot be read: {exc.strerror}", 1)
    try:
        files = files_for(EXTENSION, ebs)
    except OSError as exc:
        return _refuse(f"{exc.filename}: {exc.strerror}", 1)
    refusals = complaints(files, ebs)
    for line in refusals:
        print(f"extension: {line}", file=sys.stderr)
    if refusals:
        return _refuse(f"{len(refusals)} rules of Twitch's are broken; no zip was made", 1)
    path = BUILD / f"dld-extension-{version}.zip"
    try:
        size = write_zip(path, files)
    except OSError as exc:
        return _refuse(f"{path}: {exc.strerror}", 1)
    print(f"{path.relative_to(ROOT)}: {len(files)} files, {size:,} bytes, for {ebs}")
    return 0


def https_address(value: str) -> str:
    """The EBS's address without a slash at its end. Raises BadInput for anything but https://host."""
    if not value:
        raise BadInput(
            "DLD_EXTENSION_EBS is not set: the EBS's public address, such as https://ebs.example.org"
        )
    try:
        parts = urlsplit(value)
        port = parts.port  # raises for one that is no number
    except ValueError as exc:
        raise BadInput(f"DLD_EXTENSION_EBS is not an address: {exc}") from exc
    wrong = parts.scheme != "https" or not parts.hostname or port == 0 or parts.username is not None
    odd = parts.query or parts.fragment or not re.fullmatch(r"[\w.:/-]+", value, re.ASCII)
    if wrong or odd:
        raise BadInput(
            f"DLD_EXTENSION_EBS is {value!r}: Twitch lets an extension fetch from https://host only"
        )
    return value.rstrip("/")


def version_of(text: str) -> str:
    """The text of extension/VERSION, such as 1.0.0. Raises BadInput."""
    version = text.strip()
    if not VERSION.fullmatch(version):
        raise BadInput(f"extension/VERSION is {version!r}: three numbers with dots, such as 1.0.0")
    return version


def files_for(folder: Path, ebs: str) -> dict[str, bytes]:
    """Contents of the zip: path in it -> bytes, settings.js filled in."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != "VERSION")
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return files | {SETTINGS: SET.format(json.dumps(ebs)).encode()}


def write_zip(path: Path, files: dict[str, bytes]) -> int:
    """The files, not their folder; the same bytes for the same files. Returns the size in bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = PLAIN_FILE
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, files[name])
    return path.stat().st_size


def _refuse(why: str, code: int) -> int:
    print(f"extension: {why}", file=sys.stderr)
    return code


if __name__ == "__main__":
    name_removed_settings("extension")
    sys.exit(main())
