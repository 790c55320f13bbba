"""Tells systemd how a service fares (sd_notify(3)).

The protocol is one datagram of ``KEY=VALUE`` lines to the unix socket named in ``$NOTIFY_SOCKET``; a
leading ``@`` means the abstract namespace. Without that variable (no systemd) all of this does nothing.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time


def _send(**fields: str | int) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    lines = "\n".join(f"{key}={value}" for key, value in fields.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        try:
            sock.connect(address)
            sock.sendall(lines.encode())
        except OSError:
            return  # a service does not fail because its watcher is gone


def ready(status: str = "ready") -> None:
    _send(READY=1, STATUS=status)


def reloading() -> None:
    """Type=notify-reload wants the monotonic time at which the reload began, in microseconds."""
    _send(RELOADING=1, MONOTONIC_USEC=time.monotonic_ns() // 1000)


def stopping() -> None:
    _send(STOPPING=1)


def watchdog() -> None:
    _send(WATCHDOG=1)


def watchdog_seconds() -> float | None:
    """How often systemd wants a sign of life (half its limit), ``None`` when it wants none."""
    limit = os.environ.get("WATCHDOG_USEC")
    owner = os.environ.get("WATCHDOG_PID")
    if not limit or (owner and owner != str(os.getpid())):
        return None
    return int(limit) / 2_000_000


async def feed_watchdog() -> None:
    """Tell systemd, as often as it wants, that the event loop still turns. Ends at once when it wants nothing."""
    seconds = watchdog_seconds()
    while seconds is not None:
        watchdog()
        await asyncio.sleep(seconds)
