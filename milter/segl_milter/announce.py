"""Tells segl-map of each outside recipient as soon as it is named, so that it can look around in time.

What a recipient's domain can do takes DNS and a talk with its mail hosts to find out, some seconds for a domain
never seen. Between ``RCPT TO`` and the queue manager's question lie the message itself, its reading and the way to the
secure instance: mostly enough.

One datagram an address on a unix socket (unix(7)), sent and forgotten. It is never waited for, and nothing
depends on it: when segl-map is down, or its queue full, the question will be asked without it. An
address named again within a minute is not told again.
"""

from __future__ import annotations

import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from segl.addresses import split_address

AGAIN_SECONDS = 60.0
_REMEMBERED = 4_096
_LONGEST = 320  # characters; RFC 5321 §4.5.3.1 allows 64 + 1 + 255


class Announcer:
    """Announces recipients; for one thread or several."""

    def __init__(
        self, path: Path, is_own: Callable[[str], bool], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """*path* is segl-map's socket; *is_own* tells own domains (normal form), of which it need not know."""
        self._path = str(path)
        self._is_own = is_own
        self._clock = clock
        self._told: OrderedDict[str, float] = OrderedDict()
        self._socket = socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        )

    def __call__(self, address: str) -> None:
        """Announce *address* (without angle brackets). Never raises, never waits."""
        now = self._clock()
        told = self._told.get(address)
        if (told is not None and now - told < AGAIN_SECONDS) or len(address) > _LONGEST:
            return
        domain = split_address(address)[1]
        if not domain or self._is_own(domain):
            return
        self._told[address] = now
        while len(self._told) > _REMEMBERED:
            with suppress(KeyError):  # another thread was as quick
                self._told.popitem(last=False)
        with suppress(OSError, UnicodeEncodeError):  # nobody listens, or has no time
            self._socket.sendto(address.encode("utf-8"), self._path)

    def close(self) -> None:
        self._socket.close()
