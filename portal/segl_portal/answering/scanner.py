"""A virus scanner is asked about each file: clamd, by its command INSTREAM (clamd(8)).

Over its unix or TCP socket clamd reads a command and then the bytes, in pieces that each have their length before
them, a piece of length zero being the end::

    zINSTREAM\\0   length (4, big-endian)  bytes   length  bytes   …   00 00 00 00
    stream: OK\\0              nothing was found
    stream: NAME FOUND\\0      this was found
    … ERROR\\0                 it cannot be said

clamd answers early, and closes, when there are more bytes than its StreamMaxLength. It unpacks archives within limits
of its own and keeps what it is sent in its TemporaryDirectory while it looks: docs/operations.md says what to set.

What cannot be said is not "nothing was found": the settings say what follows.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

CONNECT_SECONDS: Final = 5.0
_LONGEST_REPLY: Final = 4096
_NAME: Final = re.compile(r"[^\w.()/+-]")


class ScanResult(Enum):
    CLEAN = "clean"
    FOUND = "found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scanner said. ``detail``, for the log: the name of what was found, or why nothing is known."""

    result: ScanResult
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Clamd:
    """The scanner at *address*: the path of a unix socket, or ``host:port``. *seconds* is the patience for one
    step: a piece it takes, its answer."""

    address: str
    seconds: float

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        """Blocking. Never raises for what the scanner does."""
        try:
            with self._connected() as connection:
                connection.settimeout(self.seconds)
                # an answer may be there though not all was sent: too much, or a connection that was given up
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.sendall(b"zINSTREAM\x00")
                    for piece in pieces:
                        if piece:
                            connection.sendall(struct.pack(">I", len(piece)) + piece)
                    connection.sendall(struct.pack(">I", 0))
                return _said(_reply(connection))
        except TimeoutError:
            return Scan(ScanResult.UNKNOWN, "no answer in time")
        except OSError as error:
            return Scan(ScanResult.UNKNOWN, error.strerror or type(error).__name__)

    def _connected(self) -> socket.socket:
        if not self.address.startswith("/"):
            host, _, port = self.address.rpartition(":")
            return socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(CONNECT_SECONDS)
            connection.connect(self.address)
        except BaseException:
            connection.close()
            raise
        return connection


def _reply(connection: socket.socket) -> str:
    """Up to the zero byte, or what came before the connection ended."""
    reply = b""
    while b"\x00" not in reply and len(reply) < _LONGEST_REPLY:
        try:
            more = connection.recv(_LONGEST_REPLY)
        except ConnectionResetError:
            break
        if not more:
            break
        reply += more
    text, end, _ = reply.partition(b"\x00")
    return text.decode("utf-8", "replace") if end else ""


def _said(reply: str) -> Scan:
    if reply == "stream: OK":
        return Scan(ScanResult.CLEAN)
    if reply.startswith("stream: ") and reply.endswith(" FOUND"):
        name = reply.removeprefix("stream: ").removesuffix(" FOUND")
        return Scan(ScanResult.FOUND, _NAME.sub("_", name)[:100])
    return Scan(ScanResult.UNKNOWN, _NAME.sub(" ", reply)[:100].strip() or "it broke off")
