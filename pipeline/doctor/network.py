"""Endpoints of live chat: do they answer, and what time is it there."""

import http.client
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from threading import Thread
from urllib.parse import urlsplit

from pipeline.doctor.finding import Finding, ok, problem, warning
from pipeline.web import why_unreached
from warehouse.figures import signed

_TIMEOUT_S = 3.0
_GIVEN_UP_S = 5.0  # looking a name up has no timeout of its own
_OFF_S, _MUCH_OFF_S = 2.0, 5.0
_SET = "set it (NTP); windows go by Twitch's clock all the same"


@dataclass
class Reachability:
    """Answer of an endpoint, or none. host: with its port. off_s: this clock minus theirs, None
    where untold; trouble: why there was no answer, '' for one."""

    name: str
    host: str
    trouble: str = f"no answer within {_GIVEN_UP_S:.0f} s"
    off_s: float | None = None


def ask_all(endpoints: Iterable[tuple[str, str]]) -> list[Reachability]:
    """Ask all at once. endpoints: (name, URL)."""
    pairs = [
        (Reachability(name, urlsplit(url).netloc.rpartition("@")[2]), url)
        for name, url in endpoints
    ]
    threads = [Thread(target=_ask, args=pair, daemon=True) for pair in pairs]
    for thread in threads:
        thread.start()
    until = time.monotonic() + _GIVEN_UP_S
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [answer for answer, _ in pairs]


def check_endpoints(answers: Iterable[Reachability], needed: Collection[str]) -> Iterator[Finding]:
    """needed: names of those in use here: one of them that does not answer is a problem."""
    for answer in answers:
        if not answer.trouble:
            yield ok("network", f"{answer.name}: {answer.host} answers")
            continue
        say = problem if answer.name in needed else warning
        do = "look at the connection, a firewall or DLD_TWITCH_URL; only live chat needs it"
        yield say("network", f"{answer.name}: {answer.host}: {answer.trouble}", do)


def check_clock(answers: Iterable[Reachability]) -> Iterator[Finding]:
    """This clock against those of the endpoints."""
    offsets = [answer.off_s for answer in answers if answer.off_s is not None]
    if not offsets:
        yield ok("clock", "nothing outside to compare it with")
        return
    off = min(offsets, key=abs)
    says = f"{signed(off, 1)} s against the endpoints'"
    if abs(off) > _MUCH_OFF_S:
        yield problem("clock", says, f"{_SET}, but logins and tokens may not hold")
    elif abs(off) > _OFF_S:
        yield warning("clock", says, _SET)
    else:
        yield ok("clock", says)


def _ask(answer: Reachability, url: str) -> None:
    parts = urlsplit(url)
    is_secure = parts.scheme in ("wss", "https")
    kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    began = time.time()
    try:
        connection.request("GET", parts.path or "/")  # refused in its own way, but answered
        date = connection.getresponse().getheader("Date")
        answer.off_s = _off(date, (began + time.time()) / 2)
        answer.trouble = ""
    except (OSError, http.client.HTTPException) as exc:
        answer.trouble = why_unreached(exc)
    finally:
        connection.close()


def _off(date: str | None, now: float) -> float | None:
    """now minus date; a Date is cut to the second, so half of one is added."""
    try:
        return now - parsedate_to_datetime(date).timestamp() - 0.5 if date else None
    except ValueError:
        return None
