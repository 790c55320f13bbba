"""One worker: uvicorn on a socket that the parent listens on, until told to stop.

uvicorn speaks HTTP/1.1 (h11) and nothing else here: no WebSockets, no access log (there is nothing in an address worth
keeping, and the web server before us has its own), no log of its own at all, because a traceback could hold content.
It closes idle connections, but waits for ever for a request that never becomes whole, and for a client that reads
nothing of what it asked for; :class:`PatientProtocol` does not.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket
from typing import Protocol

import uvicorn
from h11 import IDLE
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from segl.settings.web import Web
from segl_portal.workers import BEAT, FORGET, GO_OVER, NOT_READY, OVER, PREPARE, READY, RELOADING

HEADER_BYTES = 16 * 1024
_BEAT_SECONDS = 1.0


class Reload(Protocol):
    """The steps of a reload (:mod:`segl_portal.workers`). None raises; called in the event loop."""

    def prepare(self) -> bool:
        """Whether all is ready for the settings as they stand in the file. Nothing has changed yet."""

    def go_over(self) -> bool:
        """Whether what was made ready is in force."""

    def forget(self) -> None:
        """What was made ready is not wanted."""


async def serve(
    app: ASGIApp,
    listening: socket,
    web: Web,
    tls: ssl.SSLContext | None,
    *,
    reload: Reload,
    lifeline: int,
    beat: int,
) -> None:
    """Serve until SIGTERM, or until the parent is gone (*lifeline*, a pipe, ends). Requests in hand may finish
    (``drain_seconds``). The signals of a reload call *reload*; who cannot go over ends, and is replaced. What is
    written to the pipe *beat* the parent reads (:mod:`segl_portal.workers`): that it is ready, that its loop still
    turns, and what became of a reload."""
    server = _Server(_config(app, web, tls))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)

    def prepare() -> None:
        _tell(beat, READY if reload.prepare() else NOT_READY)

    def go_over() -> None:
        if reload.go_over():
            _tell(beat, OVER)
        else:
            stop()

    for signal_, step in ((PREPARE, prepare), (GO_OVER, go_over), (FORGET, reload.forget)):
        loop.add_signal_handler(signal_, step)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, set(RELOADING))

    def orphaned() -> None:
        loop.remove_reader(lifeline)
        stop()

    loop.add_reader(lifeline, orphaned)
    beats = asyncio.create_task(_beat(server, beat))
    await server.serve(sockets=[listening])
    beats.cancel()


async def _beat(server: uvicorn.Server, pipe: int) -> None:
    while True:
        if server.started:
            _tell(pipe, BEAT)
        await asyncio.sleep(_BEAT_SECONDS if server.started else 0.01)


def _tell(pipe: int, what: bytes) -> None:
    with suppress(OSError):  # full: the parent is busy; or it is gone
        os.write(pipe, what)


def _config(app: ASGIApp, web: Web, tls: ssl.SSLContext | None) -> uvicorn.Config:
    _silence()
    config = uvicorn.Config(
        app,
        http=_protocol(web.header_seconds, web.send_seconds),
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=web.connections,
        timeout_keep_alive=max(1, round(web.idle_seconds)),
        timeout_graceful_shutdown=max(1, round(web.drain_seconds)),
        h11_max_incomplete_event_size=HEADER_BYTES,
    )
    config.load()
    config.ssl = tls
    return config


def _silence() -> None:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False


class _Server(uvicorn.Server):
    """Signals are ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _protocol(header_seconds: float, send_seconds: float) -> type[H11Protocol]:
    class PatientProtocol(H11Protocol):
        """Ends a connection on which a request's header does not become whole in time. After an answer uvicorn's own
        clock runs until the first byte of the next request; then this one does. Nor does it keep what is not fetched:
        while an answer is held back, some of it must go out in every *send_seconds*."""

        _waiting: asyncio.TimerHandle | None = None
        _sending: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is IDLE:
                self._watch()
            else:
                self._rest()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._watch_sending()

        def resume_writing(self) -> None:
            self._rest_sending()
            super().resume_writing()

        def connection_lost(self, exc: Exception | None) -> None:
            self._rest()
            self._rest_sending()
            super().connection_lost(exc)

        def _watch(self) -> None:
            if self._waiting is None:
                self._waiting = self.loop.call_later(header_seconds, self._give_up)

        def _rest(self) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def _watch_sending(self) -> None:
            left = self.transport.get_write_buffer_size()
            self._sending = self.loop.call_later(send_seconds, self._look_at_sending, left)

        def _look_at_sending(self, before: int) -> None:
            if self.transport.get_write_buffer_size() < before:
                self._watch_sending()
            else:
                self.transport.abort()

        def _rest_sending(self) -> None:
            if self._sending is not None:
                self._sending.cancel()
                self._sending = None

        def _give_up(self) -> None:
            self._waiting = None
            if self.conn.their_state is IDLE and not self.transport.is_closing():
                self.transport.abort()

    return PatientProtocol
