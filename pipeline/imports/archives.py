"""ZIP and TAR files of logs, unpacked into the import's own folder: read as a folder of them is."""

import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO

from pipeline.imports.formats.log_file import LogFile
from warehouse.atomic import private_file, private_folder
from warehouse.errors import BadInput

_ZIP = b"PK\x03\x04", b"PK\x05\x06"  # the second of one without files
_TAR_AT = 257  # of "ustar"
_MOST_FILES = 100_000
_BROKEN = (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError,
           NotImplementedError, RuntimeError)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Does it hold files, rather than a log?"""
    try:
        with path.open("rb") as file:
            head = file.read(_TAR_AT + 8)
        if head.startswith(_ZIP) or head[_TAR_AT:].startswith(b"ustar"):
            return True
        return path.name.endswith((".tgz", ".tar.gz")) and tarfile.is_tarfile(path)
    except OSError:
        return False


def unpacked(path: Path, folder: Path) -> list[Path]:
    """Its files in `folder`, by name, without hidden ones. Raises BadInput for what is broken, is
    locked or unpacks to more than `LogFile.most`."""
    room, files = LogFile.most, []
    private_folder(folder)
    try:
        for name, source in _members(path):
            target = folder / name
            private_folder(target.parent)
            with private_file(target) as file:
                while piece := source.read(1 << 20):
                    room -= len(piece)
                    if room < 0:
                        raise BadInput(f"{path} unpacks to more than {LogFile.most / 1e6:,.0f} MB")
                    file.write(piece)
            files.append(target)
            if len(files) > _MOST_FILES:
                raise BadInput(f"{path} has more than {_MOST_FILES:,} files; unpack it first")
    except _BROKEN as exc:
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(exc, OSError) and exc.errno:
            raise
        raise BadInput(f"{path} cannot be unpacked: it is damaged or locked") from exc
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not files:
        raise BadInput(f"{path} has no files")
    return sorted(files)


def _members(path: Path) -> Iterator[tuple[PurePosixPath, IO[bytes]]]:
    """Names, none of which leads out of a folder, and contents; links and the like are left out."""
    with path.open("rb") as file:
        is_zip = file.read(4) in _ZIP
    if is_zip:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if not info.is_dir() and (name := _inside(info.filename)):
                    with archive.open(info) as source:
                        yield name, source
        return
    with tarfile.open(path) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content and (name := _inside(member.name)):
                with closing(content):
                    yield name, content


def _inside(name: str) -> PurePosixPath | None:
    """The name, if it lies inside, is not hidden and is none of a Mac's own."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in path.parts if part not in ("/", ".")]
    if not parts or any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return None
    return PurePosixPath(*parts)
