"""Files of a backup, each looked at before it comes into force: salt, lists, trained models.

None is run to be looked at: a card is JSON, a network is of the runtime's own format, and both
are loaded later as a user's own are.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from models.versions.choice import CHOICE, read_choice
from models.versions.registry import CARD, LINEAR, NETWORK
from pipeline.config import salt_path
from pipeline.privacy.hashing import check_salt
from pipeline.sources.channel_list import load_channels
from warehouse.config import DataFolder
from warehouse.consent import load_claims, load_optout
from warehouse.errors import AppError, BadInput

_NETWORK_SIGN = b"TFL3"  # of TensorFlow Lite, from its fifth byte on
_MOST = {NETWORK: 32_000_000, LINEAR: 4_000_000, CARD: 4_000_000}  # bytes


def accept_files(files: Mapping[str, bytes], folder: DataFolder) -> None:
    """Raises BadInput for a file that is not what its name says. folder: that they are for."""
    with TemporaryDirectory() as temporary:
        aside = DataFolder(Path(temporary))
        aside.models.mkdir()
        for path in (aside.optout, aside.claims, aside.channels, aside.models / CHOICE):
            name = path.relative_to(aside.root).as_posix()
            if name in files:
                path.write_bytes(files[name])
        try:
            optout = load_optout(aside.optout)
            load_claims(aside.claims)
            load_channels(aside.channels)
            read_choice(aside)
        except AppError as exc:
            raise BadInput(f"the backup's lists cannot be used: {exc.__cause__ or exc}") from exc
    _check_salt(files.get("salt"), folder, bool(optout.chatters))
    for version in {name.split("/")[1] for name in files if name.count("/") == 2}:
        own = {name: files.get(f"models/{version}/{name}", b"") for name in _MOST}
        _check_version(own, f"the backup's model {version}")


def _check_salt(salt: bytes | None, folder: DataFolder, is_needed: bool) -> None:
    """By another salt nobody who opted out would be known again."""
    shared = salt_path(folder.root)
    is_shared = shared != folder.root / "salt"
    if salt is None:
        if is_needed and not is_shared:
            raise BadInput(
                "the backup has opt-outs and no salt, so that nobody would be known by them; "
                "DLD_SALT_FILE names the salt they were made with"
            )
        return
    check_salt(salt, "the backup's salt")
    if is_shared and shared.read_bytes() != salt:
        raise BadInput("the backup has another salt than DLD_SALT_FILE; unset that")


def _check_version(files: Mapping[str, bytes], of: str) -> None:
    """A trained version is what its card says."""
    for name, data in files.items():
        if len(data) > _MOST[name]:
            raise BadInput(f"{of} has a {name} of {len(data)} bytes")
    try:
        told = orjson.loads(files[CARD])["sha256"]
        same = all(told[n] == hashlib.sha256(files[n]).hexdigest() for n in (NETWORK, LINEAR))
        orjson.loads(files[LINEAR])
    except (KeyError, TypeError, ValueError) as exc:
        raise BadInput(f"{of} has a {CARD} or {LINEAR} that is none") from exc
    if not same or files[NETWORK][4:8] != _NETWORK_SIGN:
        raise BadInput(f"{of} is not what its card says, or no network")
