"""Announces each outside recipient to segl-map at ``RCPT TO``, so that it can look up the domain ahead of time.

To find out what a recipient's domain supports takes DNS look-ups and a probe of its mail hosts: some seconds for a new
domain. The message, its classification and its way to the secure instance usually take as long, before the queue
manager asks for the route.

One datagram per address on a unix socket (unix(7)), never waited for. Nothing depends on it: if segl-map is down or
its queue is full, the domain is looked up when the route is asked for. The same address is announced at most once a
minute.
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
