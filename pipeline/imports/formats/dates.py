"""Dates in words, as programs write them for people: `Sat Feb 14 2026 18:00:03 GMT+0000`.

Names of months are told by how they begin, in the languages that such programs are most used in.
"""

import re
from datetime import datetime

from pipeline.imports.formats.base import epoch
from pipeline.imports.formats.wall import zone_east

_MONTHS = {
    begins: number
    for number, names in enumerate(
        ("jan gen ene", "feb fev fév", "mar mär mrz maa", "apr avr abr", "may mai mag mei maj",
         "jun juin giu", "jul juil lug", "aug ago aoû", "sep set", "oct okt ott out", "nov",
         "dec dez déc dic"),
        1,
    )
    for begins in names.split()
}  # fmt: skip
_CLOCK = (
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,6})\d*)?)?"
    r"(?:\s?(?P<half>[AaPp])\.?\s?[Mm]\b\.?)?"
)
_ZONE = (
    r"(?:\s?(?P<zone>Z\b|(?:UTC|GMT)?[+-]\d\d?(?::?\d\d)?\b|"
    r"(?:[A-Z]{2,4}T|UTC|MES?Z|MSK)\b(?![:>])))?"
    r"(?:\s\([^\W\d](?:[^()<>:]|\([^()<>:]{1,30}\)){1,50}\))?"  # as JavaScript spells it
)
# longer beginnings first: juin is not jui...
_MONTH = rf"(?i:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})[^\W\d_]*"
# the month and the day either way round, the year before the time or behind it
_DAY_MONTH = rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[ -](?:de )?(?P<month>{_MONTH})\.?"
_MONTH_DAY = rf"(?P<bmonth>{_MONTH})\.? {{1,2}}(?P<bday>\d{{1,2}})(?:st|nd|rd|th)?"
_WORDED = (
    rf"(?:[^\W\d_]+[.,]{{0,2}}\s)?(?:{_DAY_MONTH}|{_MONTH_DAY})"
    r"(?:,?[ -](?:de )?(?P<year>\d{4}))?(?:,?\s(?:at |um |à |om |kl\.? )?|\]\s?\[)"
    rf"{_CLOCK}(?:\s(?P<byear>\d{{4}})\b)?{_ZONE}"
)
_IS_WORDED = re.compile(_WORDED)


def _plain(form: str) -> str:
    """The form without names of its groups, to be a part of others."""
    return re.sub(r"\?P<\w+>", "?:", form)


CLOCK, ZONE, WORDED = map(_plain, (_CLOCK, _ZONE, _WORDED))


def worded(text: str) -> float | None:
    """Epoch seconds, UTC where there is no zone; None for what is no such date, and for one whose
    zone may be several."""
    match = _IS_WORDED.fullmatch(text.strip())
    year = match and (match["year"] or match["byear"])
    if not match or not year:
        return None
    name = (match["month"] or match["bmonth"]).lower()
    month = next(_MONTHS[name[:n]] for n in (4, 3) if name[:n] in _MONTHS)
    day, second = match["day"] or match["bday"], f"{match['s'] or 0}.{match['f'] or 0}"
    east = zone_east((match["zone"] or "").upper())
    hour = hour_of(int(match["h"]), match["half"])
    try:
        at = datetime(int(year), month, int(day), hour, int(match["m"]))
    except ValueError:
        return None
    midnight = epoch(at.isoformat())
    return None if midnight is None or east is None else midnight + float(second) - east


def hour_of(hour: int, half: str | None) -> int:
    """Of a day, by the clock of its half, if one is told."""
    return hour if not half else hour % 12 + 12 * (half in "Pp")
