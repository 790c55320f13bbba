"""Receives the milter's announcements: recipients whose way will be asked for shortly.

One datagram, one address (:mod:`segl_milter.announce` sends them). They are hints: one that cannot be parsed is
dropped, and looking up a domain ahead of time never delays a recipient for whom somebody waits
(:meth:`~segl_routing.proofs.knowledge.Knowledge.expect`).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from segl.addresses import split_address
from segl.metric_labels import AnnouncedResult
from segl.metrics import ANNOUNCED

LONGEST = 2_048  # bytes of one datagram that are looked at
_AT_ONCE = 64  # datagrams taken before the others' turn comes

_TAKEN, _DROPPED = map(ANNOUNCED.labels, (AnnouncedResult.TAKEN, AnnouncedResult.DROPPED))


class Announcements:
    """Reads announcements from *sock*, a bound unix datagram socket, and passes each address and its domain (normal
    form) to *expect*."""

    def __init__(self, sock: socket.socket, expect: Callable[[str, str], None]) -> None:
        sock.setblocking(False)
        self._sock = sock
        self.expect = expect

    def start(self) -> None:
        """Begin to read; inside the running loop."""
        asyncio.get_running_loop().add_reader(self._sock.fileno(), self._read)

    def stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._sock.fileno())

    def _read(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                raw = self._sock.recv(LONGEST + 1)
            except (BlockingIOError, InterruptedError):
                return
            self._take(raw)

    def _take(self, raw: bytes) -> None:
        try:
            address = raw.decode("utf-8")
        except UnicodeDecodeError:
            address = ""
        domain = split_address(address)[1]
        if not domain or len(raw) > LONGEST:
            _DROPPED.inc()
            return
        self.expect(address, domain)
        _TAKEN.inc()
