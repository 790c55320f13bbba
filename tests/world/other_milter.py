"""A milter of the site's own, asked before ours: at the end of a message it makes the edits it was told.

other = OtherMilter(socket)
other.edits = lambda fields: [replaced_body(b"Hej\\r\\n")]
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

_ALL_ACTIONS = 0x1FF
_UNANSWERED = b"DA"  # macros; the message is given up

Fields = list[tuple[bytes, bytes]]


def packet(command: bytes, data: bytes = b"") -> bytes:
    return struct.pack("!I", len(data) + 1) + command + data


def replaced_body(*pieces: bytes) -> bytes:
    return b"".join(packet(b"b", piece) for piece in pieces)


def changed_field(name: bytes, value: bytes) -> bytes:
    """The first of that name; added where there is none."""
    return packet(b"m", struct.pack("!I", 1) + name + b"\0" + value + b"\0")


def inserted_field(name: bytes, value: bytes) -> bytes:
    """Before all others."""
    return packet(b"i", struct.pack("!I", 0) + name + b"\0" + value + b"\0")


def added_recipient(address: str) -> bytes:
    return packet(b"+", f"<{address}>\0".encode())


def changed_sender(address: str) -> bytes:
    return packet(b"e", f"<{address}>\0".encode())


class OtherMilter:
    """It serves each connection in a thread. ``edits`` is given the header fields, and gives packets."""

    def __init__(self, path: Path) -> None:
        self.edits: Callable[[Fields], Sequence[bytes]] = lambda _fields: ()
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._socket.listen()
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        fields: Fields = []
        with connection, connection.makefile("rb") as told, suppress(OSError):
            while len(head := told.read(4)) == 4:
                data = told.read(*struct.unpack("!I", head))
                command = data[:1]
                if command == b"Q":
                    return
                if command == b"M":
                    fields.clear()
                elif command == b"L":
                    name, value, _ = data[1:].split(b"\0")
                    fields.append((name, value))
                connection.sendall(self._answer(command, fields))

    def _answer(self, command: bytes, fields: Fields) -> bytes:
        if command == b"O":
            return packet(b"O", struct.pack("!III", 6, _ALL_ACTIONS, 0))
        if command == b"E":
            return b"".join(self.edits(fields)) + packet(b"c")
        return b"" if command in _UNANSWERED else packet(b"c")
