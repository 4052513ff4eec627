"""Ids of messages that were seen lately, in as little memory as their numbers take."""

from array import array

_LEAST = 1024  # places; a power of two


class SeenIds:
    """The last `most` numbers at least, twice as many at most: two generations, so that it is
    bounded, and none is forgotten too early. A set of Python's would take 3.5 times as much, a
    dict six times.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._new, self._old = _Numbers(), _Numbers()

    def add(self, number: int) -> bool:
        """Whether the number, not 0, was there already."""
        if number in self._new or number in self._old:
            return True
        self._new.add(number)
        if self._new.count >= self.most:
            self._new, self._old = _Numbers(), self._new
        return False


class _Numbers:
    """A set of 64-bit numbers but 0, each at the first free place after the one it would have."""

    def __init__(self) -> None:
        self.count = 0
        self._places = array("q", bytes(8 * _LEAST))

    def __contains__(self, number: int) -> bool:
        return self._places[self._place(number)] == number

    def add(self, number: int) -> None:
        """One that is not there."""
        self._places[self._place(number)] = number
        self.count += 1
        if 2 * self.count > len(self._places):
            kept, self._places = self._places, array("q", bytes(16 * len(self._places)))
            for each in filter(None, kept):
                self._places[self._place(each)] = each

    def _place(self, number: int) -> int:
        """Of the number, or where it would go."""
        places, last = self._places, len(self._places) - 1
        at = number & last
        while places[at] and places[at] != number:
            at = (at + 1) & last
        return at
