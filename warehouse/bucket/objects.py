"""Objects of a bucket: an S3 store, whosever it is, below one address.

Names are relative to the address, s3://BUCKET/PREFIX. An object is replaced whole; its tag changes
with it. Whoever puts one may ask that it still has the tag that was seen: that is the fence
between two writers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    NotFoundError,
    NotModifiedError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import MemoryStore, from_url

from warehouse.atomic import private_file, private_folder
from warehouse.config import BucketSettings
from warehouse.errors import AppError, BadInput

_IN_MEMORY, _ON_DISK = 512_000_000, 16_000_000_000  # bytes of an object
_LISTED = 1_000_000  # objects of a list
ABSENT = ""  # the tag of what is not there


class BucketFailed(AppError):
    """The bucket does not answer, or refuses: it is tried again."""


class BucketRefused(BucketFailed):
    """The bucket is not there, or not for whoever asks: to try again alone helps nothing."""


class Replaced(AppError):
    """The object is not the one that was seen: another has written it meanwhile."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as the bucket lists it; size in bytes."""

    name: str
    tag: str
    size: int


class Bucket:
    """Every method raises BucketFailed where the store does not answer or refuses, and for an
    object that is larger than any of ours."""

    def __init__(self, store: Any, address: str) -> None:
        self._store, self.address = store, address

    def put(self, name: str, data: bytes | Path, tag: str | None = None) -> str:
        """Replace the object; returns its new tag. tag: that it must have now, ABSENT where there
        must be none; None for whatever it is. Raises Replaced."""
        mode: Any = "overwrite" if tag is None else {"e_tag": tag} if tag else "create"
        try:
            return str(obstore.put(self._store, name, data, mode=mode)["e_tag"])
        except (AlreadyExistsError, PreconditionError) as exc:
            raise Replaced(f"{self.address}/{name} was written by another") from exc
        except (BaseError, FileNotFoundError) as exc:
            if isinstance(data, Path) and not data.exists():
                raise FileNotFoundError(data) from exc
            raise self._failed(name, exc) from exc

    def get(self, name: str, tag: str | None = None, most: int = 0) -> tuple[bytes, str] | None:
        """The object and its tag; None while it is the one of `tag`. most: bytes, 0 for what fits
        into memory. Raises FileNotFoundError."""
        options: Any = {"if_none_match": tag} if tag else None
        try:
            found = obstore.get(self._store, name, options=options)
            self._check_size(name, found.meta["size"], most or _IN_MEMORY)
            return bytes(found.bytes()), str(found.meta["e_tag"])
        except NotModifiedError:
            return None
        except (NotFoundError, FileNotFoundError) as exc:
            raise self._missing(name, exc) from exc
        except BaseError as exc:
            raise self._failed(name, exc) from exc

    def load(self, name: str, target: Path, most: int = 0) -> int:
        """The object into a file, whole or not at all, in bounded memory; its size. most: bytes,
        0 for what fits on the disk. Raises FileNotFoundError."""
        private_folder(target.parent)
        aside = target.with_name(f".{target.name}.part")
        try:
            pieces = obstore.get(self._store, name)
            self._check_size(name, pieces.meta["size"], most or _ON_DISK)
            with private_file(aside) as file:
                size = sum(file.write(piece) for piece in pieces)
            aside.replace(target)
            return size
        except (NotFoundError, FileNotFoundError) as exc:
            raise self._missing(name, exc) from exc
        except BaseError as exc:
            raise self._failed(name, exc) from exc
        finally:
            aside.unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[Listed]:
        """Every object whose name begins with the folder `prefix`."""
        left = _LISTED
        try:
            for chunk in obstore.list(self._store, prefix=prefix):
                left -= len(chunk)
                if left < 0:  # a store whose list never ends
                    raise BucketFailed(f"{self.address}/{prefix} has more objects than we put")
                for found in chunk:
                    yield Listed(found["path"], str(found["e_tag"]), found["size"])
        except BaseError as exc:
            raise self._failed(prefix, exc) from exc

    def drop(self, names: Iterable[str]) -> None:
        """They are there no longer, whether they were or not."""
        try:
            obstore.delete(self._store, list(names))
        except (NotFoundError, FileNotFoundError):
            return
        except BaseError as exc:
            raise self._failed("", exc) from exc

    def _check_size(self, name: str, size: int, most: int) -> None:
        if size > most:
            raise BucketFailed(f"{self.address}/{name} has {size} bytes; that is none of ours")

    def _missing(self, name: str, exc: Exception) -> Exception:
        missing = FileNotFoundError(f"{self.address}/{name}")
        return self._failed(name, exc) if _refusal(exc) else missing

    def _failed(self, name: str, exc: Exception) -> BucketFailed:
        if refusal := _refusal(exc):
            return BucketRefused(f"{self.address} {refusal}")
        reason = type(exc).__name__.removesuffix("Error")
        return BucketFailed(
            f"{self.address}/{name} cannot be reached ({reason}); check DLD_BUCKET_URL, "
            "DLD_BUCKET_ENDPOINT and the credentials"
        )


_NO_BUCKET = "is not there; make the bucket, or correct DLD_BUCKET_URL"
_NO_CREDENTIALS = "refuses: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_SIGNS = {  # in what a store or its library answers
    "NoSuchBucket": _NO_BUCKET,
    "InvalidBucketName": _NO_BUCKET,
    "/169.254.169.254/": _NO_CREDENTIALS,  # where a machine of Amazon's has them
}


def _refusal(exc: Exception) -> str:
    """Why nothing can be done in this bucket as it is set; '' where it may be a passing trouble."""
    if isinstance(exc, PermissionDeniedError | UnauthenticatedError):
        return "refuses these credentials; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    return next((says for sign, says in _SIGNS.items() if sign in str(exc)), "")


# a trouble that lasts is told within half a minute; whoever asks tries again
_PATIENCE: dict[str, Any] = {
    "retry_config": {"max_retries": 2, "retry_timeout": timedelta(seconds=10)},
    "client_options": {"connect_timeout": "5s", "read_timeout": "15s", "timeout": "600s"},
}


def open_bucket(settings: BucketSettings) -> Bucket:
    """The bucket of the settings; nothing is asked of it yet. Raises BadInput for an address that
    is none. Credentials are those of AWS's own settings, or of the machine's role."""
    address = settings.bucket_url.rstrip("/")
    if address.startswith("memory:"):  # of this process alone, for tests
        return Bucket(_in_memory(address), address)
    more = dict(_PATIENCE)
    if endpoint := settings.bucket_endpoint:
        more |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
        more["client_options"] = {**_PATIENCE["client_options"], "allow_http": True}
    try:
        return Bucket(from_url(address, **more), address)
    except (BaseError, ValueError) as exc:
        raise BadInput(f"DLD_BUCKET_URL is {address}; it is s3://BUCKET/PREFIX") from exc


_MEMORY: dict[str, MemoryStore] = {}


def _in_memory(address: str) -> MemoryStore:
    return _MEMORY.setdefault(address, MemoryStore())
