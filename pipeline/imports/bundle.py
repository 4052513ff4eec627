"""Logs that are imported together: a folder of daily files is one import, not a thousand."""

from pipeline.imports.answers import ImportOptions, channel_ids, intervals, moments
from pipeline.imports.stage import Staged
from warehouse.identities import Identities
from warehouse.records import WINDOW_SECONDS

_ROWS = 2_000_000
_FILES = 1000
_SHARED_S = 2.0  # a log may end in the second in which the next begins


class Bundle:
    """Staged logs in the order they came. Those that tell of the same time on a channel are
    never together: what one holds there is to be compared with the other, not to be added to it.
    Nor are videos that share a window, nor two broadcasters who had the same login."""

    def __init__(self, options: ImportOptions, who: Identities) -> None:
        self.options, self.who = options, who
        self.parts: list[Staged] = []
        self.taken: dict[str, list[list[float]]] = {}
        self.ids: dict[str, str] = {}  # Twitch's, by login
        self.apart_s = -_SHARED_S

    def fits(self, staged: Staged) -> bool:
        """May it go with those that are here?"""
        if not self.parts:
            return True
        if any(self._is_anothers(*one) for one in channel_ids(staged, self.options).items()):
            return False
        when = self._intervals(staged)
        if when is None or len(self.parts) >= _FILES or not self.taken:
            return False
        if sum(part.rows for part in self.parts) + staged.rows > _ROWS:
            return False
        apart_s = max(self.apart_s, self._apart(staged))
        return not any(
            min(last, end) - max(first, begin) > -apart_s
            for channel, spans in when.items()
            for first, last in spans
            for begin, end in self.taken.get(channel, ())
        )

    def add(self, staged: Staged) -> None:
        """Put one in that fits."""
        self.parts.append(staged)
        self.apart_s = max(self.apart_s, self._apart(staged))
        for login, its_id in channel_ids(staged, self.options).items():
            self.ids[login] = its_id or self.ids.get(login, "")
        for channel, spans in (self._intervals(staged) or {}).items():
            self.taken.setdefault(channel, []).extend(spans)

    def take(self) -> list[Staged]:
        """All that are here; none are left."""
        parts = self.parts
        self.parts, self.taken, self.ids, self.apart_s = [], {}, {}, -_SHARED_S
        return parts

    def _is_anothers(self, login: str, its_id: str) -> bool:
        """Is the login here, as that of somebody else?"""
        here = self.ids.get(login, its_id)
        if here and its_id:
            return here != its_id
        return self.who.key_then(login, here) != self.who.key_then(login, its_id)

    def _intervals(self, staged: Staged) -> dict[str, list[list[float]]] | None:
        """As `intervals`, by the keys of channels."""
        when, ids = intervals(staged, self.options), channel_ids(staged, self.options)
        if when is None:
            return None
        keyed: dict[str, list[list[float]]] = {}
        for login, spans in when.items():
            keyed.setdefault(self.who.key_then(login, ids[login]), []).extend(spans)
        return keyed

    def _apart(self, staged: Staged) -> float:
        """Seconds that have to lie between it and others: less than none for logs by the clock."""
        return -_SHARED_S if moments(staged, self.options) else float(WINDOW_SECONDS)
