"""Who fetches slowly is waited for, and who fetches nothing is not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from segl_portal.patient_protocol import patient_protocol

SEND_SECONDS = 0.1
PIECE = 16 * 1024


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Whose kernel takes more when three quarters of what it holds have gone."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None: ...


async def _sent(ours: socket.socket, theirs: socket.socket, *, pieces: int) -> bool:
    """Whether the connection stands when so many pieces were fetched, one every fifth of the patience."""
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(_nothing, ws="none", lifespan="off", log_config=None)
    config.load()
    kind = patient_protocol(60, SEND_SECONDS)
    transport, _ = await loop.connect_accepted_socket(
        lambda: kind(config=config, server_state=ServerState(), app_state={}), ours
    )
    transport.write(bytes(2_000_000))
    for _ in range(pieces):
        await loop.sock_recv(theirs, PIECE)
        await asyncio.sleep(SEND_SECONDS / 5)
    if not pieces:
        await asyncio.sleep(SEND_SECONDS * 3)
    stands = not transport.is_closing()
    transport.abort()
    return stands


def test_a_slow_line_is_waited_for(line: tuple[socket.socket, socket.socket]) -> None:
    assert asyncio.run(_sent(*line, pieces=15))


def test_one_on_which_nothing_is_fetched_is_not(line: tuple[socket.socket, socket.socket]) -> None:
    assert not asyncio.run(_sent(*line, pieces=0))
