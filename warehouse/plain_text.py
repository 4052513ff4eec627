"""Foreign text made plain: on one line, in the order it is written, shortened."""

import unicodedata

LONGEST = 25  # characters of a term that are shown


def plain(text: str | None, longest: int = LONGEST) -> str:
    """Foreign text on one line: no control or direction-changing characters, shortened."""
    clean = text or ""
    if not (clean.isascii() and clean.isprintable()):  # else there is nothing to take out
        clean = "".join(" " if c.isspace() else c for c in clean if _visible(c))
    clean = " ".join(clean.split())
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def _visible(char: str) -> bool:
    if char.isspace() or char == "\u200d":  # joins the parts of one emoji
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
