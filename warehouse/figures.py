"""Figures as every surface tells them: a true minus, no sign on zero, thousands parted.

What is missing (None, NaN, infinite) is a dash.
"""

import math

from warehouse.mood_now import DIGITS

MISSING = "–"


def signed(value: float | None, digits: int = DIGITS) -> str:
    """+0.21, −0.05, 0.00: a true minus, and no sign for what rounds to zero."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return ("+" if value > 0 else "−") + text


def fixed(value: float | None, digits: int) -> str:
    """0.2900, −0.05: of so many digits, a plus never said."""
    return signed(value, digits).removeprefix("+")


def count(n: float | None) -> str:
    """12,345."""
    if n is None or not math.isfinite(n):
        return MISSING
    return f"{round(n) + 0:,}".replace("-", "−")


def percent(share: float | None, digits: int = 0) -> str:
    """0.123 as 12 %."""
    if share is None or not math.isfinite(share):
        return MISSING
    return f"{round(share * 100, digits) + 0.0:.{digits}f} %".replace("-", "−")  # no −0
