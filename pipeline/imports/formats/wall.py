"""The clock on somebody's wall: from its times of day to moments, over midnight and over the days
on which it was set."""

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAY, _HOUR = 86400.0, 3600.0
_LATE_S = 1800.0
_SET_S = 900.0  # that a clock which was set back an hour may be off one
_NEAR_S = 600.0  # between two lines that follow one another
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d\d)?")
# of zones that mean one: hours east of Greenwich, and a place whose clock is set as theirs is
_PLACES: dict[str, tuple[float, str]] = {
    "UTC": (0, ""), "Z": (0, ""), "GMT": (0, "Europe/London"), "BST": (1, "Europe/London"),
    "WET": (0, "Europe/Lisbon"), "WEST": (1, "Europe/Lisbon"), "CET": (1, "Europe/Berlin"),
    "CEST": (2, "Europe/Berlin"), "MEZ": (1, "Europe/Berlin"), "MESZ": (2, "Europe/Berlin"),
    "EET": (2, "Europe/Helsinki"), "EEST": (3, "Europe/Helsinki"), "MSK": (3, ""), "JST": (9, ""),
    "KST": (9, ""), "AEST": (10, "Australia/Sydney"), "AEDT": (11, "Australia/Sydney"),
    "ACST": (9.5, "Australia/Adelaide"), "ACDT": (10.5, "Australia/Adelaide"), "AWST": (8, ""),
    "NZST": (12, "Pacific/Auckland"), "NZDT": (13, "Pacific/Auckland"),
    "EST": (-5, "America/New_York"), "EDT": (-4, "America/New_York"),
    "CDT": (-5, "America/Chicago"), "MST": (-7, "America/Denver"), "MDT": (-6, "America/Denver"),
    "PST": (-8, "America/Los_Angeles"), "PDT": (-7, "America/Los_Angeles"),
    "AKST": (-9, "America/Anchorage"), "AKDT": (-8, "America/Anchorage"), "HST": (-10, ""),
    "CENTRAL": (-6, "America/Chicago"), "NST": (-3.5, "America/St_Johns"),
    "NDT": (-2.5, "America/St_Johns"), "HKT": (8, ""), "BRT": (-3, ""),
}  # fmt: skip
# what Windows calls such a zone, before `Standard Time` or `Daylight Time`
_SPELT = {
    "Coordinated Universal": "UTC", "GMT": "GMT", "W. Europe": "CET", "Central Europe": "CET",
    "Central European": "CET", "Romance": "CET", "E. Europe": "EET", "FLE": "EET", "GTB": "EET",
    "Russian": "MSK", "Eastern": "EST", "Central": "CENTRAL", "Mountain": "MST", "Pacific": "PST",
    "Tokyo": "JST", "Korea": "KST", "AUS Eastern": "AEST", "New Zealand": "NZST",
    "China": "HKT", "Taipei": "HKT", "E. South America": "BRT",
    # as it says in other languages, in winter and in summer
    "Mitteleuropäische Zeit": "CET", "Mitteleuropäische Sommerzeit": "CEST",
    "Paris, Madrid": "CET", "Paris, Madrid (heure d'été)": "CEST",
    "Hora estándar romance": "CET", "Hora de verano romance": "CEST",
    "ora solare Europa occidentale": "CET", "ora legale Europa occidentale": "CEST",
    "Środkowoeuropejski czas stand.": "CET", "Środkowoeuropejski czas letni": "CEST",
    "West-Europa (standaardtijd)": "CET", "West-Europa (zomertijd)": "CEST",
    "Västeuropa, normaltid": "CET", "Västeuropa, sommartid": "CEST",
    "RTZ 2 (зима)": "MSK", "東京 (標準時)": "JST", "대한민국 표준시": "KST",
    "台北標準時間": "HKT", "中国标准时间": "HKT", "Hora oficial do Brasil": "BRT",
}  # fmt: skip
# whose clocks are tried where only an offset is told
_TRIED = ("Europe/Berlin", "Europe/London", "Europe/Helsinki", "America/New_York",
          "America/Chicago", "America/Denver", "America/Los_Angeles", "Australia/Sydney",
          "Pacific/Auckland")  # fmt: skip


def zone_east(zone: str) -> float | None:
    """Seconds east of Greenwich of +0800, UTC+1, CEST or Windows' spelt names.

    None for what it does not know, and for names of several zones (CST, IST). Without a name
    it is taken for UTC.
    """
    if not zone:
        return 0.0
    if offset := _OFFSET.fullmatch(zone):
        east = int(offset[2]) * 3600 + int(offset[3] or 0) * 60
        return float(-east if offset[1] == "-" else east)
    hours, _ = _PLACES.get(_short(zone), (None, ""))
    return None if hours is None else hours * _HOUR


def _short(zone: str) -> str:
    """CEST, for what Windows calls W. Europe Daylight Time."""
    zone = zone.replace("’", "'")
    if zone.upper() in _PLACES:
        return zone.upper()
    name, summer, _ = re.sub(" Summer Time$", " Daylight Time", zone).rpartition(" Daylight Time")
    short = _SPELT.get(name or zone.removesuffix(" Standard Time"), "")
    if summer:
        hours, place = _PLACES.get(short, (0, ""))
        same = (k for k, v in _PLACES.items() if v == (hours + 1, place) and place)
        return next(same, short)
    return short


class Wall:
    """A clock that shows local time. It begins at some time of some day (`begin`); without that
    its times only tell how far apart they are."""

    def __init__(self) -> None:
        self.midnight, self.last = 0.0, -1.0  # as if it were UTC; seconds of its day
        self.zone: tzinfo = UTC
        self.fold = 0
        self.is_half = False  # it begins again at noon, and does not say which half it is
        self._begun = self._fresh = False
        self._told: tuple[float, float] | None = None  # the last time shown, and what moment it was
        self._both: dict[float, tuple[timedelta, timedelta]] = {}  # by the hour

    def begin(self, day: date | None, of_day: float, zone: str = "") -> bool:
        """It shows this now; False for a zone that nobody can know, which is taken for UTC."""
        if day is None:
            return False
        east = zone_east(zone)
        self.midnight, self.last = _midnight(day), of_day
        self.fold, self._both, self._told = 0, {}, None
        self.zone = self._place(zone, east or 0.0)
        self._begun = self._fresh = True
        return east is not None

    def turn(self, day: date) -> None:
        """It is another day from now on."""
        if self.midnight != _midnight(day):
            self.midnight, self.last, self._begun = _midnight(day), -1.0, True
            self._fresh = False

    def is_before(self, day: date) -> bool:
        """Does the clock show a day long after that one?"""
        return self._begun and self.midnight - _midnight(day) > 180 * _DAY

    def days_from(self, day: date) -> float:
        """How far that day is from the one that the clock shows, either way."""
        return abs(self.midnight - _midnight(day)) / _DAY

    @property
    def is_dated(self) -> bool:
        """Is it known what day it shows?"""
        return self._begun

    def at(self, of_day: float, day: date | None = None, is_half: bool = False) -> float:
        """The moment, epoch seconds, at which it showed this, seconds of the day.

        Half a day and more back is the next day. A line from before midnight that comes just
        after it is late: it belongs to the day before. is_half: it says which half of the day.
        """
        if day is not None:
            self.turn(day)
        elif not is_half:
            of_day = self._of_both_halves(of_day)
        midnight = self.midnight
        if day is None and self.last - of_day > _DAY / 2:
            self.midnight = midnight = midnight + _DAY
        elif day is None and self.last >= 0 and of_day - self.last > _DAY - 2 * _LATE_S:
            return self._moment(midnight - _DAY + of_day)
        back = self.last - of_day
        if self.zone is not UTC and abs(back - _HOUR) <= _SET_S and self._comes_twice(of_day):
            self.fold = 1
        self.last = of_day
        return self._moment(midnight + of_day)

    def _of_both_halves(self, of_day: float) -> float:
        """On a clock of twelve hours that does not say which half, the next time it can be."""
        if self._fresh:
            self._fresh = False
            self.is_half = (
                abs(self.last - of_day - _DAY / 2) <= _LATE_S and of_day < _DAY / 2 + 3600
            )
        if not self.is_half:
            return of_day
        of_day %= _DAY / 2
        return of_day + _DAY / 2 * (math.ceil((self.last - _LATE_S - of_day) / (_DAY / 2)) % 2)

    def _moment(self, shown: float) -> float:
        if self.zone is UTC:
            return shown
        moment = shown - self._east_of(shown)
        if self._is_never(shown) or self._is_wrong(shown, moment):
            last = shown if self._told is None else self._told[0]
            self.zone, self._both = timezone(self._offsets(last)[0]), {}
            moment = shown - self._east_of(shown)
        self._told = shown, moment
        return moment

    def _is_wrong(self, shown: float, moment: float) -> bool:
        """Would the clock have been set between two lines that follow one another on it?"""
        if self._told is None:
            return False
        by_wall, by_zone = shown - self._told[0], moment - self._told[1]
        return 0 <= by_wall <= _NEAR_S and abs(by_zone - by_wall) > _HOUR / 4

    def _east_of(self, shown: float) -> float:
        """Seconds east of Greenwich."""
        return self._offsets(shown)[self.fold].total_seconds()

    def _comes_twice(self, of_day: float) -> bool:
        """Is it in an hour that the clock shows twice?"""
        first, second = self._offsets(self.midnight + of_day)
        return first > second

    def _is_never(self, shown: float) -> bool:
        """Is it in an hour that the clock leaves out? Then it is another clock."""
        first, second = self._offsets(shown)
        return first < second

    def _offsets(self, shown: float) -> tuple[timedelta, timedelta]:
        """East of Greenwich, before the clock is set and after, where it is about to be."""
        hour = shown // _HOUR
        if hour not in self._both:
            local = datetime.fromtimestamp(hour * _HOUR, UTC).replace(tzinfo=None)
            first, second = (self.zone.utcoffset(local.replace(fold=fold)) for fold in (0, 1))
            self._both[hour] = first or timedelta(), second or timedelta()
        return self._both[hour]

    def _place(self, told: str, east: float) -> tzinfo:
        """The zone by a place whose clock showed that offset then, else the offset alone."""
        short = _short(told)
        fixed = timezone(timedelta(seconds=east)) if abs(east) < _DAY else UTC
        _, name = _PLACES.get(short, (0, ""))
        shown = datetime.fromtimestamp(self.midnight + self.last, UTC).replace(tzinfo=None)
        for place in (name,) if name else _TRIED if _OFFSET.fullmatch(told) else ():
            zone = _zone(place)
            for fold in (0, 1):
                if zone and zone.utcoffset(shown.replace(fold=fold)) == fixed.utcoffset(None):
                    self.fold = fold
                    return zone
        return UTC if not east else fixed


def _zone(place: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(place) if place else None
    except (ZoneInfoNotFoundError, OSError):  # a system without the data
        return None


def _midnight(day: date) -> float:
    return datetime.combine(day, datetime.min.time(), UTC).timestamp()
