"""Figures as every surface tells them: a true minus, no sign on zero, thousands parted."""

from warehouse.mood_now import DIGITS

MISSING = "–"


def signed(value: float | None, digits: int = DIGITS) -> str:
    """+0.21, −0.05, 0.00: a true minus, and no sign for what rounds to zero; a dash for None."""
    if value is None:
        return MISSING
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return ("+" if value > 0 else "−") + text


def count(n: float | None) -> str:
    """12,345; a dash for None."""
    return MISSING if n is None else f"{round(n) + 0:,}".replace("-", "−")


def percent(share: float | None, digits: int = 0) -> str:
    """0.123 as 12 %; a dash for None."""
    if share is None:
        return MISSING
    return f"{round(share * 100, digits) + 0.0:.{digits}f} %".replace("-", "−")  # no −0
