"""Ports for the processes that tests start."""

import socket


def free_port() -> int:
    """A port of this machine that nothing listens on; another may take it before it is used."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
