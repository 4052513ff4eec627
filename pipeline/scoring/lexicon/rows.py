"""Lines of a lexicon's file."""

from pathlib import Path

from warehouse.errors import BadInput


def lines(path: Path, raw: bytes) -> list[str]:
    """The lines of the file `path`, whose content is `raw`. Raises BadInput for what is no text."""
    try:
        return raw.decode("utf-8").splitlines()
    except UnicodeDecodeError as exc:
        raise BadInput(f"{path.name} is not UTF-8 text, from byte {exc.start} on") from exc
