"""Ports of loopback for servers of tests."""

from __future__ import annotations

import socket
from contextlib import suppress


def free_port() -> int:
    """A port nobody listens on, for TCP and UDP."""
    for _ in range(100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            with suppress(OSError):  # somebody uses it for UDP
                udp.bind(("127.0.0.1", port))
                return port
    raise OSError("no port is free for both")


def is_taken(address: str, port: int) -> bool:
    """Whether somebody listens there: the processes of a server that was stopped may, for a moment."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port))
        except OSError:
            return True
    return False
