"""Kinds of chat: a data folder has simulated chat or real chat, never both."""

from collections.abc import Collection
from pathlib import Path

from warehouse.errors import BadInput

SIMULATED = "simulated"  # a source; every other one, replay and import too, is of real chat
_HOMES = {"simulated": "data/simulated", "real": "data/live"}


def refuse_mixing(root: Path, there: Collection[str], source: str, command: str) -> None:
    """Raises BadInput where chat of the source would come to chat of the other kind.

    there: the sources of what is stored in root. Where an earlier version let both in, real chat
    goes on. command: what to type behind the name of another folder.
    """
    is_real = source != SIMULATED
    if all((name != SIMULATED) == is_real for name in there):
        return
    if is_real and any(name != SIMULATED for name in there):
        return
    has, other = ("simulated", "real") if is_real else ("real", "simulated")
    home = _HOMES[other]
    if Path(home).absolute() == root.absolute():
        home += "-2"
    raise BadInput(
        f"{root} has {has} chat, and {other} chat never comes into the same folder; "
        f"type: DLD_DATA={home} {command}"
    )


def shown_source(source: str, found: Collection[str]) -> str:
    """Where chat is from, as people are told. source: of a manifest, which a command that
    publishes imports alone calls a replay. found: where each channel and stream is from."""
    return "import" if source == "replay" and set(found) == {"import"} else source
