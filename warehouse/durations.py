"""Durations in words, alike on every page and in every message."""

from datetime import timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTH, _YEAR = 30.44 * _DAY, 365.25 * _DAY  # their averages


def lasting(span: timedelta) -> str:
    """45 s, 2.5 min, 3 h 20 min, 1 h, 5 days, 8 months, 5.6 years; two digits of what is long."""
    s = round(span.total_seconds())
    if s < _MINUTE or (s < 2 * _MINUTE and s % _MINUTE):
        return f"{s} s"
    if s < 10 * _MINUTE:
        return f"{s / _MINUTE:.2g} min"
    if s < _HOUR:
        return f"{s // _MINUTE} min"
    if s < 2 * _DAY:
        minutes = s % _HOUR // _MINUTE
        return f"{s // _HOUR} h" + (f" {minutes:02d} min" if minutes else "")
    if s < 60 * _DAY:
        return f"{s / _DAY:.0f} days"
    return f"{s / _MONTH:.0f} months" if s < 2 * _YEAR else f"{s / _YEAR:.2g} years"


def lasting_s(seconds: float) -> str:
    """The same of seconds; of fewer than none, 0 s."""
    return lasting(timedelta(seconds=max(seconds, 0)))
