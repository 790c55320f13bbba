"""Stands between ``segl-deliver`` and the return port, and kills the first at a chosen point of a hand-over.

interrupter.arm(Point.REPLIED)
…                              # a message is handed over
assert interrupter.struck.wait(30)
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from enum import Enum
from typing import BinaryIO, Self

from world.process import Daemon


class Point(Enum):
    """When the process dies."""

    CONNECTED = "before a byte of the message was made"
    IN_DATA = "in the middle of the message"
    SENT = "after the final dot, before the answer"
    REPLIED = "after the answer has come, before it was read"


class Interrupter:
    """A proxy for SMTP on *port*, to *behind* on loopback. What *victim* gives is killed once for each :meth:`arm`."""

    def __init__(self, port: int, behind: int, victim: Callable[[], Daemon]) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._behind = behind
        self._victim = victim
        self._lock = threading.Lock()
        self._point: Point | None = None
        self.struck = threading.Event()

    def arm(self, point: Point) -> None:
        self.struck.clear()
        self._point = point

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_reason: object) -> None:
        # A close(2) alone leaves it open while a thread waits in accept(2).
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._behind)) as server,
            client.makefile("rb") as said,
        ):
            if not self._strikes(Point.CONNECTED):
                self._relay(client, said, server)

    def _relay(self, client: socket.socket, said: BinaryIO, server: socket.socket) -> None:
        answers = server.makefile("rb")
        client.sendall(_reply(answers))
        while line := said.readline():
            server.sendall(line)
            reply = _reply(answers)
            client.sendall(reply)
            if not reply.startswith(b"354"):
                continue
            while (line := said.readline()) not in (b".\r\n", b""):
                server.sendall(line)
                if self._strikes(Point.IN_DATA):
                    return
            server.sendall(line)
            if self._strikes(Point.SENT):
                return
            reply = _reply(answers)
            if self._strikes(Point.REPLIED, lambda answer=reply: client.sendall(answer)):  # type: ignore[misc]
                return
            client.sendall(reply)

    def _strikes(self, point: Point, last: Callable[[], None] = lambda: None) -> bool:
        """Kill, if it is time; *last* is done when the process sees nothing any more."""
        with self._lock:
            if self._point is not point:
                return False
            self._point = None
        victim = self._victim()
        victim.signal(signal.SIGSTOP)
        last()
        victim.kill()
        self.struck.set()
        return True


def _reply(answers: BinaryIO) -> bytes:
    lines = b""
    while line := answers.readline():
        lines += line
        if line[3:4] != b"-":
            break
    return lines
