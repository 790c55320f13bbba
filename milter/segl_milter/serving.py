"""The connections of one worker: a thread for each in hand, one more that waits for the next.

All workers wait at the same listening socket. Whoever takes a connection serves it in the same thread, and lets
another thread of the process wait in its place; so nothing is handed over, and a message meets warm caches. Threads
that have served wait their turn again; more than a few idle ones end.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from segl import metrics
from segl_milter.connection import Connection, SessionFactory
from segl_milter.protocol import MilterProtocolError
from segl_milter.traffic import Traffic

_MOST_IDLE = 16  # threads
_PAUSE = 0.1  # seconds, when there is no descriptor or memory for one more connection
_MOST_FAILURES = 50  # in a row, with no connection open: another process will do better

Failed = Callable[[str, Exception], None]


def _end_process() -> None:
    os._exit(1)


class Serving:
    """The worker's side of the listening socket. Make it in the worker: what it waits with must not be shared."""

    def __init__(
        self,
        listening: socket.socket,
        traffic: Traffic,
        sessions: SessionFactory,
        failed: Failed,
        end: Callable[[], object] = _end_process,
    ) -> None:
        """*traffic* is counted by the *sessions*, one of which is made for each connection. A fault of ours is told to
        *failed*. *end* ends this process, in whose place its parent puts another."""
        self._listening = listening
        self._traffic = traffic
        self._sessions = sessions
        self._failed = failed
        self._end = end
        self._failures = 0  # to take a connection, in a row
        self._stop_read, self._stop_write = os.pipe()
        self._poll = select.poll()  # select(2) knows no descriptor above 1023
        self._poll.register(listening, select.POLLIN)
        self._poll.register(self._stop_read, select.POLLIN)
        self._turn = threading.Lock()  # whose turn it is to wait for a connection
        self._counting = threading.Lock()
        self._idle = 0
        self._open: set[socket.socket] = set()

    def start(self) -> None:
        """Serve from now on, in threads of their own."""
        threading.Thread(target=self._serve, name="milter", daemon=True).start()

    def stop_accepting(self) -> None:
        """New connections are left to other processes from now on."""
        os.write(self._stop_write, b"s")

    def connected(self) -> bool:
        """Whether a connection is open, be it accepted in this very moment."""
        return bool(self._open)

    def busy(self) -> bool:
        """Whether a message is in hand, or something has come that was not read yet."""
        return bool(self._traffic.messages) or any(map(_readable, list(self._open)))

    def _serve(self) -> None:
        """The life of a thread."""
        while (sock := self._next()) is not None:
            try:
                with sock:
                    Connection(sock, self._sessions).serve()
            except (MilterProtocolError, OSError):
                pass  # the connection is closed, and whoever it was knows
            except Exception as error:
                self._failed("milter connection", error)
            finally:
                self._open.discard(sock)

    def _next(self) -> socket.socket | None:
        """The next connection, when it is this thread's turn to wait for one; ``None`` when it shall end. Another
        thread is started when none is left to wait."""
        with self._counting:
            if self._idle >= _MOST_IDLE:
                return None
            self._idle += 1
        with self._turn:
            sock = self._accepted()
        with self._counting:
            self._idle -= 1
            alone = not self._idle
        if alone and sock is not None:
            with suppress(RuntimeError, MemoryError):  # no more are to be had: this one will wait again
                self.start()
        return sock

    def _accepted(self) -> socket.socket | None:
        """A new connection; ``None`` once no more are taken."""
        while True:
            try:
                ready = {fd for fd, _ in self._poll.poll()}
                if self._stop_read in ready:
                    return None
                sock, _ = self._listening.accept()
                self._open.add(sock)
            except BlockingIOError:
                continue  # another process was quicker
            except (OSError, MemoryError) as error:
                self._stumble(error)
                continue
            self._failures = 0
            return sock

    def _stumble(self, error: Exception) -> None:
        """No connection could be taken. The shortage mostly ends with a message in hand; where none is, and it does not
        end, this process does."""
        self._failures += 1
        metrics.ACCEPT_FAILURES.inc()
        if self._failures == 1:
            self._failed("accept", error)
        if self._failures >= _MOST_FAILURES and not self._open:
            self._end()
        time.sleep(_PAUSE)


def _readable(sock: socket.socket) -> bool:
    poll = select.poll()
    try:
        poll.register(sock, select.POLLIN)
    except ValueError:  # closed meanwhile
        return False
    return bool(poll.poll(0))
