"""One worker: uvicorn on a socket that the parent listens on, until told to stop.

uvicorn speaks HTTP/1.1 (h11) and nothing else here: no WebSockets, no access log (there is nothing in an address worth
keeping, and the web server before us has its own), no log of its own at all, because a traceback could hold content.
It closes idle connections, but waits for ever for a request that never becomes whole, and for a client that reads
nothing of what it asked for; :class:`~segl_portal.patient_protocol.PatientProtocol` does not.
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
from starlette.types import ASGIApp

from segl.settings.web import Web
from segl_portal.patient_protocol import patient_protocol
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
        http=patient_protocol(web.header_seconds, web.send_seconds),
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
