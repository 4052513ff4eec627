"""Hosts and origins that a request may name: our own, so that no page of another site is answered
(DNS rebinding, websockets across sites)."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(rb"([a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?")

Headers = Iterable[tuple[bytes, bytes]]  # of ASGI: names in lower case


class Hosts:
    """The names of this process. A name that DNS answers for is believed only where it is one."""

    def __init__(self, names: Iterable[str], origins: Iterable[str] = ()) -> None:
        """names: beside the loopback's. origins: pages of other hosts that may ask."""
        self._names = {_bracketed(name).encode() for name in (*LOOPBACK, *names)}
        self._origins = {origin.encode() for origin in origins}

    def refusal(self, headers: Headers) -> tuple[int, str] | None:
        """Status and reason for a request that is refused; None for one of ours."""
        given = [value for name, value in headers if name == b"host"]
        if len(given) != 1 or not (host := _parsed(given[0])):
            return 400, "send one Host header, with a host's name and perhaps a port"
        if host[0] not in self._names:
            return 421, "this is not asked by its own name: DLD_PUBLIC_NAMES lists those it has"
        origins = [value for name, value in headers if name == b"origin"]
        if any(origin not in self._origins and _asker(origin) != host for origin in origins):
            return 403, "a page of another site may not ask"
        return None


def is_name(text: str) -> bool:
    """True for what can be the name of a host, or its address, without a port."""
    found = _HOST.fullmatch(_bracketed(text).encode())
    return found is not None and found[2] is None


def concrete(address: str | None) -> list[str]:
    """An address that is listened on, as a name; none for all of a machine's."""
    try:
        return [] if not address or ip_address(address).is_unspecified else [address]
    except ValueError:
        return [address] if address and is_name(address) else []


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def _parsed(host: bytes) -> tuple[bytes, bytes] | None:
    """(name, port) of host[:port]; None for what is none."""
    found = _HOST.fullmatch(host.lower())
    if not found or int(found[2] or 1) not in range(1, 65536):
        return None
    return found[1].removesuffix(b"."), found[2] or b""


def _asker(origin: bytes) -> tuple[bytes, bytes] | None:
    scheme, _, host = origin.lower().partition(b"://")
    return _parsed(host) if scheme in (b"http", b"https") else None
