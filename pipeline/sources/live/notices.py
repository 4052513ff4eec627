"""Notices of Twitch's in our words, the same from IRC and from EventSub; no detail names a
chatter but the channel that a raid comes from."""

from pipeline.chat.oddities import Malformed, whole_number
from warehouse.records import login_or_none

PLANS = {"Prime": "Prime", "1000": "tier 1", "2000": "tier 2", "3000": "tier 3"}


def count(value: object, unit: str) -> str:
    """12 months; '' where it is not said. Raises Malformed."""
    number = whole_number(value)
    return "" if number is None else f"{number} {unit}"


def words(*parts: str) -> str:
    """The parts that there are, in one line."""
    return " ".join(part for part in parts if part)


def raid(login: object, viewers: object) -> str:
    """sim_grotto with 42. Raises Malformed."""
    who = login_or_none(login)
    if login and not who:
        raise Malformed("no login")
    number = whole_number(viewers)
    return words(who, "" if number is None else f"with {number}")


def money(amount: object, places: object, currency: object) -> str:
    """12.50 USD, of the smallest units and how many decimal places they are. Raises Malformed."""
    units, digits = whole_number(amount), whole_number(places, 6) or 0
    code = currency if isinstance(currency, str) and currency.isascii() else ""
    return "" if units is None else words(f"{units / 10**digits:.{digits}f}", code[:3].upper())
