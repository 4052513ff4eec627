"""Ports for the processes that tests start."""

import secrets
import socket
from contextlib import suppress

# Below the ports that Linux hands out to clients by itself (net.ipv4.ip_local_port_range): no
# connection takes one of these between the moment it is found and the moment it is listened on.
_LOWEST, _HIGHEST = 12_000, 32_000


def free_port() -> int:
    """A port of this machine that nothing listens on, drawn at random: no two are the same."""
    while True:
        port = _LOWEST + secrets.randbelow(_HIGHEST - _LOWEST)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
