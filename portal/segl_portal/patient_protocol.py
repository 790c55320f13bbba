"""HTTP/1.1 as uvicorn speaks it, with patience that ends."""

from __future__ import annotations

import asyncio
import fcntl
import struct
import termios

from h11 import DONE, IDLE, SEND_BODY
from uvicorn.protocols.http.h11_impl import H11Protocol

_SLOWEST = 256  # bytes a second: less is nobody's line


class PatientProtocol(H11Protocol):
    """Ends a connection on which a request's header does not become whole in time. After an answer uvicorn's own
    clock runs until the first byte of the next request; then this one does. Nor does it keep what is not fetched:
    while an answer is held back, some of it must go out in every ``send_seconds``. What a browser still sends of a body
    when it has its answer is thrown away for as long, so that it gets to see the answer, and no longer."""

    header_seconds: float
    send_seconds: float

    _waiting: asyncio.TimerHandle | None = None
    _sending: asyncio.TimerHandle | None = None
    _leftover: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is IDLE:
            self._watch()
        else:
            self._rest()
        if self._is_answered:
            self._leftover = self._leftover or self.loop.call_later(self.send_seconds, self._end_leftover)
        else:
            self._rest_leftover()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_sending()

    def resume_writing(self) -> None:
        self._rest_sending()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        self._rest_sending()
        self._rest_leftover()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self._waiting is None:
            self._waiting = self.loop.call_later(self.header_seconds, self._give_up)

    def _rest(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _watch_sending(self) -> None:
        self._sending = self.loop.call_later(self.send_seconds, self._look_at_sending, self._unsent())

    def _unsent(self) -> tuple[int, int]:
        """The bytes that we hold, and those that the kernel does. It may hold four megabytes, and takes more of ours
        only when a third of them has come to the browser: minutes, over a slow line."""
        return self.transport.get_write_buffer_size(), _held_by_kernel(self.transport)

    def _look_at_sending(self, before: tuple[int, int]) -> None:
        gone = max(then - now for then, now in zip(before, self._unsent(), strict=True))
        if gone >= self.send_seconds * _SLOWEST:
            self._watch_sending()
        else:
            self.transport.abort()

    def _rest_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    @property
    def _is_answered(self) -> bool:
        return self.conn.our_state is DONE and self.conn.their_state is SEND_BODY

    def _rest_leftover(self) -> None:
        if self._leftover is not None:
            self._leftover.cancel()
            self._leftover = None

    def _end_leftover(self) -> None:
        self._leftover = None
        if self._is_answered:
            self.transport.abort()

    def _give_up(self) -> None:
        self._waiting = None
        if self.conn.their_state is IDLE and not self.transport.is_closing():
            self.transport.abort()


def _held_by_kernel(transport: asyncio.Transport) -> int:
    """What the other side has not acknowledged (SIOCOUTQ, tcp(7); unix(7) has it too)."""
    try:
        told = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int(struct.unpack("i", told)[0])


def patient_protocol(header_seconds: float, send_seconds: float) -> type[H11Protocol]:
    """The class for uvicorn, which makes one for each connection and passes it nothing of ours."""
    times = {"header_seconds": header_seconds, "send_seconds": send_seconds}
    return type("Patient", (PatientProtocol,), times)
