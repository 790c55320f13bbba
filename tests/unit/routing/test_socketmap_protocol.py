"""The socketmap protocol without a socket: what it writes, when it reads on, and how long it waits."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.events import Events
from segl_routing import socketmap
from segl_routing.netstring import Decoder, encode
from segl_routing.socketmap import MAX_PENDING, Reply, SocketmapServer, Status


def echo(name: str, key: str) -> Reply:
    return Reply(Status.OK, f"{name}={key}")


class Transport(asyncio.Transport):
    """Notes what is written to it, and how it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.out, self.ended, self.is_read = bytearray(), "", True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.out += data

    def is_closing(self) -> bool:
        return bool(self.ended)

    def close(self) -> None:
        self.ended = "closed"

    def abort(self) -> None:
        self.ended = "aborted"

    def pause_reading(self) -> None:
        assert self.is_read
        self.is_read = False

    def resume_reading(self) -> None:
        assert not self.is_read
        self.is_read = True


HALF, IDLE = socketmap.HALF_SECONDS, socketmap.IDLE_SECONDS


@pytest.mark.parametrize(
    ("sent", "is_full", "quiet", "ended"),
    [
        (encode(b"m x"), False, IDLE - 1, ""),
        (encode(b"m x"), False, IDLE + 1, "closed"),
        (b"100:tran", False, HALF - 1, ""),
        (b"100:tran", False, HALF + 1, "closed"),
        (encode(b"m never"), False, IDLE + 1, ""),  # it waits for us
        (encode(b"m x"), True, HALF - 1, ""),
        (encode(b"m x"), True, HALF + 1, "aborted"),  # it asks and does not read
    ],
)
def test_how_long_a_client_may_say_nothing(sent: bytes, is_full: bool, quiet: float, ended: str) -> None:
    async def answer(key: str) -> Reply:
        await asyncio.sleep(3600 if key == "never" else 0)
        return Reply(Status.OK, key)

    async def run() -> None:
        transport = Transport()
        connection = socketmap._Connection(SocketmapServer(lambda _, key: answer(key), Events("test")))
        connection.connection_made(transport)
        connection.data_received(sent)
        for _ in range(3):
            await asyncio.sleep(0)
        if is_full:
            connection.pause_writing()
        connection._last -= quiet
        connection.close_if_idle()
        assert transport.ended == ended
        connection.connection_lost(None)

    asyncio.run(run())


def test_who_does_not_read_or_asks_too_much_ahead_is_read_no_further() -> None:
    """Else whoever may open the socket fills our memory."""
    gates: list[asyncio.Future[Reply]] = []

    def answer(_name: str, _key: str) -> asyncio.Future[Reply]:
        gates.append(asyncio.get_running_loop().create_future())
        return gates[-1]

    async def run() -> None:
        transport = Transport()
        connection = socketmap._Connection(SocketmapServer(answer, Events("test")))
        connection.connection_made(transport)
        connection.data_received(encode(b"m x") * MAX_PENDING)
        assert (transport.is_read, len(gates)) == (True, MAX_PENDING)
        connection.data_received(encode(b"m x"))
        assert (transport.is_read, len(gates)) == (False, MAX_PENDING)
        gates[0].set_result(Reply(Status.OK, "x"))
        await asyncio.sleep(0.01)
        assert (transport.is_read, len(gates)) == (True, MAX_PENDING + 1)
        connection.pause_writing()
        assert not transport.is_read
        connection.resume_writing()
        assert transport.is_read
        gates[1].cancel()
        await asyncio.sleep(0.01)
        assert transport.out == encode(b"OK x") + encode(b"TEMP stopping")
        connection.finish()
        assert not transport.is_read
        connection.connection_lost(None)

    asyncio.run(run())


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=20), st.lists(st.integers(1, 30))
)
def test_any_keys_in_any_pieces(keys: list[str], lengths: list[int]) -> None:
    """Straight into the protocol, without a socket: as many replies as requests, in their order."""
    transport = Transport()

    async def run() -> None:
        connection = socketmap._Connection(SocketmapServer(echo, Events("test")))
        connection.connection_made(transport)
        wire = b"".join(encode(f"m {key}".encode()) for key in keys)
        for length in [*lengths, len(wire)]:
            if wire:
                connection.data_received(wire[:length])
                wire = wire[length:]

    asyncio.run(run())
    expected = ["OK m=" + "".join(c if c.isprintable() else "?" for c in key) for key in keys]
    assert [reply.decode() for reply in Decoder(1000).feed(bytes(transport.out))] == expected
