"""Links of channels for OBS: secret addresses, which can be renewed and turned off.

A link's token is CHANNEL_ID-MAC, the MAC over the channel's id and how often its link was renewed
(HMAC-SHA256, 192 bits of it: RFC 2104). So a link needs no entry of its own, and every EBS with
the same key makes the same one.
"""

import base64
import hmac
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from ebs.config import EbsSettings
from warehouse.atomic import Stamp, locked, private_folder, read_file, replace_file, stamp_or_none
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.records import CHANNEL_ID

log = logging.getLogger(__name__)

KEY_BYTES, MAC_BYTES = 32, 24
TOKEN = re.compile(rf"({CHANNEL_ID.pattern})-([A-Za-z0-9_-]{{32}})")
NOBODY = "0"  # no channel's id
_LARGEST = 1 << 24  # bytes
_Id = Annotated[str, Field(pattern=f"^(?:{CHANNEL_ID.pattern})$")]


def links_of(settings: EbsSettings, data: DataFolder) -> "Links":
    """The links of a data folder."""
    secret = settings.link_secret
    return Links(data.ebs, secret.get_secret_value() if secret else "")


class LinkState(BaseModel):
    """Content of links.json. key: hexadecimal, '' while none was made. renewed: how often, by
    channel id. off: channel ids whose link leads nowhere."""

    key: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    renewed: dict[_Id, Annotated[int, Field(ge=1)]] = {}
    off: set[_Id] = set()


class Links:
    """All channels' links, as DLD_DATA/ebs/links.json says; read again when that changes."""

    def __init__(self, folder: Path, secret: str = "") -> None:
        """secret: instead of a key of this folder's own, where several machines share one."""
        self._path, self._secret = folder / "links.json", secret.encode()
        self._stamp: Stamp | None = None
        self._state, self._is_damaged = LinkState(), False
        self._nobodys = secrets.token_bytes(KEY_BYTES)  # while there is no key

    def check(self, token: str) -> tuple[str, bool]:
        """(channel id, is that channel's link); the same work for every token.

        The id is whatever a wrong token says, NOBODY where it is none at all.
        """
        found = TOKEN.fullmatch(token)
        channel_id, mac = found.groups() if found else (NOBODY, "")
        state = self._look()
        is_right = hmac.compare_digest(mac, self._mac(state, channel_id))
        return channel_id, is_right and channel_id not in state.off and not self._is_damaged

    def token(self, channel_id: str) -> str:
        """The channel's link, now. Raises BadInput for one that is off; OSError."""
        state = self._load()
        if channel_id in state.off:
            raise BadInput("this channel's link is off: --renew makes a new one")
        if not self._secret and not state.key:
            with self._changed() as state:
                pass  # which makes the key
        return f"{channel_id}-{self._mac(state, channel_id)}"

    def renew(self, channel_id: str) -> None:
        """From now on another link is the channel's, and on. Raises BadInput, OSError."""
        with self._changed() as state:
            state.renewed[channel_id] = state.renewed.get(channel_id, 0) + 1
            state.off.discard(channel_id)

    def turn_off(self, channel_id: str) -> None:
        """No link is the channel's from now on. Raises BadInput, OSError."""
        with self._changed() as state:
            state.off.add(channel_id)

    @contextmanager
    def _changed(self) -> Iterator[LinkState]:
        """The state to change, of which there is one at a time; it has a key."""
        private_folder(self._path.parent)
        with locked(self._path.with_suffix(".lock"), wait=True):
            state = self._load()
            state.key = state.key or secrets.token_hex(KEY_BYTES)
            yield state
            replace_file(self._path, state.model_dump_json().encode(), lasting=True)

    def _load(self) -> LinkState:
        try:
            return LinkState.model_validate_json(read_file(self._path, _LARGEST))
        except FileNotFoundError:
            return LinkState()
        except (OSError, ValidationError):
            raise BadInput(
                f"{self._path} is damaged: put a copy of it back, or delete it, and every channel "
                "gets a new link"
            ) from None

    def _look(self) -> LinkState:
        """The state as the file has it; with a damaged one no link leads anywhere."""
        stamp = stamp_or_none(self._path)
        if stamp != self._stamp:
            self._stamp, self._is_damaged = stamp, False
            try:
                self._state = self._load()
            except BadInput as exc:
                log.error("no link leads anywhere: %s", exc)
                self._is_damaged = True
        return self._state

    def _mac(self, state: LinkState, channel_id: str) -> str:
        key = self._secret or bytes.fromhex(state.key) or self._nobodys
        told = f"obs {channel_id} {state.renewed.get(channel_id, 0)}".encode()
        mac = hmac.new(key, told, sha256).digest()[:MAC_BYTES]
        return base64.urlsafe_b64encode(mac).decode()
