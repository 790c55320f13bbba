"""Runs LMTP sessions on a unix socket, and ends them without losing a message."""

from __future__ import annotations

import asyncio
from typing import Final

from segl.daemons.listening import UnixListener
from segl_delivery.lmtp.session import Service, Session

MOST_SESSIONS: Final = 256
BACKLOG: Final = 512  # a full one refuses clients at once: a unix socket does not let them wait


class LmtpServer:
    """One socket, one agent behind it."""

    def __init__(self, service: Service, listener: UnixListener) -> None:
        self._service = service
        self._listener = listener
        self._sessions: dict[Session, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, sock=self._listener.sock, backlog=BACKLOG)

    async def stop(self, drain_seconds: float) -> int:
        """Take no more, end idle sessions, let those with a message in hand finish. Returns how many had
        to be broken off after *drain_seconds* (their messages stay with Postfix)."""
        if self._server is not None:
            self._server.close()
        for session in list(self._sessions):
            session.stop()
        if tasks := list(self._sessions.values()):
            await asyncio.wait(tasks, timeout=drain_seconds)
        left = list(self._sessions)
        for session in left:
            session.stop(now=True)
        if tasks := list(self._sessions.values()):
            await asyncio.wait(tasks, timeout=2)
        return len(left)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._sessions) >= MOST_SESSIONS:
            writer.write(b"421 4.3.2 too many connections\r\n")
            writer.close()
            return
        session = Session(self._service, reader, writer)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 — a connection callback runs in a task of its own
        self._sessions[session] = task
        try:
            await session.run()
        except Exception as error:
            self._service.events.failed("lmtp session", error)
        finally:
            del self._sessions[session]
