"""Commands for those who are read: forget, opt-out."""

from typing import Annotated

import typer

from pipeline.chat.logins import channel_name, login
from pipeline.config import salt_path
from pipeline.privacy.hashing import Hasher, load_salt
from pipeline.requests.client import ask
from warehouse.config import DataFolder, data_folder
from warehouse.salt import fingerprint

Chatter = Annotated[str | None, typer.Option(help="login of a chatter")]
Channel = Annotated[str | None, typer.Option(help="login of a channel")]


def forget(chatter: Chatter = None, channel: Channel = None) -> None:
    """Delete a chatter's messages, or all that is stored of a channel, for good."""
    folder = data_folder()
    ask(folder, "forget", _subject(folder, chatter, channel))
    print("forgotten, in what is stored and in what is published")


def opt_out(
    chatter: Chatter = None,
    channel: Channel = None,
    undo: Annotated[bool, typer.Option("--undo", help="read them again")] = False,
) -> None:
    """Never read a chatter or a channel from now on; `forget` deletes what is stored."""
    folder = data_folder()
    ask(folder, "opt-out", {**_subject(folder, chatter, channel), "undo": undo})
    print("no longer opted out" if undo else "opted out: not read from now on")


def _subject(folder: DataFolder, chatter: str | None, channel: str | None) -> dict[str, str]:
    """Whom it is about; a chatter by hash, so that no file has their name."""
    if (chatter is None) == (channel is None):
        raise typer.BadParameter("name either a --chatter or a --channel")
    if channel is not None:
        return {"channel": channel_name(channel)}
    hasher = Hasher(load_salt(salt_path(folder.root)))
    return {"chatter_hash": str(hasher.of(login(chatter))), "salt": fingerprint(hasher.salt)}
