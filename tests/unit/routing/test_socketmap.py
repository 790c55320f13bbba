"""The socketmap server on a real unix socket: order, limits, and clients of every manner."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from segl.errors import RoutingError
from segl.events import Events
from segl_routing import socketmap
from segl_routing.netstring import Decoder, encode
from segl_routing.socketmap import MAX_REQUEST, Reply, SocketmapServer, Status

Answer = Callable[[str, str], Reply | Awaitable[Reply]]


class Client:
    """Speaks netstrings to the server."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._decoder = Decoder(200_000)
        self._replies: list[bytes] = []

    async def __aenter__(self) -> Client:
        self.reader, self.writer = await asyncio.open_unix_connection(self._path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def ask(self, *requests: str) -> None:
        self.writer.write(b"".join(encode(request.encode()) for request in requests))

    async def reply(self) -> str:
        """The next reply; ``""`` when the server has closed."""
        while not self._replies:
            data = await asyncio.wait_for(self.reader.read(65536), 30)
            if not data:
                return ""
            self._replies += self._decoder.feed(data)
        return self._replies.pop(0).decode()


def served(
    tmp_path: Path,
    answer: Answer,
    story: Callable[[SocketmapServer, str], Awaitable[None]],
    stopping: float = 1,
) -> None:
    """Runs *story* against a server that answers with *answer*, and has *stopping* seconds for it at the end."""

    async def run() -> None:
        path = str(tmp_path / "map.sock")
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(path)
            sock.listen()
            server = SocketmapServer(answer, Events("test"))
            await server.start(sock)
            try:
                await asyncio.wait_for(story(server, path), 20)
            finally:
                await server.stop(stopping)

    asyncio.run(run())


def echo(name: str, key: str) -> Reply:
    return Reply(Status.OK, f"{name}={key}")


async def slow_or_fast(name: str, key: str) -> Reply:
    await asyncio.sleep(0.1 if key == "slow" else 0)
    return Reply(Status.OK, key)


def test_question_and_answer(tmp_path: Path) -> None:
    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            for key in ("bo@kommune.example", '"a b"@x.example', "søren@ærø.example", ""):
                client.ask(f"transport {key}")
                assert await client.reply() == f"OK transport={key}"

    served(tmp_path, echo, story)


@pytest.mark.parametrize(
    ("reply", "wire"),
    [
        (Reply(Status.OK, "segl-tls:x.example"), b"21:OK segl-tls:x.example,"),
        (Reply(Status.NOTFOUND), b"9:NOTFOUND ,"),  # Postfix wants the blank
        (Reply(Status.TEMP, "no answer"), b"14:TEMP no answer,"),
        (Reply(Status.OK, "a\nb\x00"), b"7:OK a?b?,"),
        (Reply(Status.OK, "x" * 200_000), b"26:TEMP the reply is too long,"),
    ],
)
def test_replies_on_the_wire(reply: Reply, wire: bytes) -> None:
    assert reply.encode() == wire


def test_replies_keep_the_order_of_the_questions(tmp_path: Path) -> None:
    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.ask("m slow", "m a", "m slow", "m b")
            assert [await client.reply() for _ in range(4)] == ["OK slow", "OK a", "OK slow", "OK b"]

    served(tmp_path, slow_or_fast, story)


def test_one_slow_client_does_not_hold_another(tmp_path: Path) -> None:
    async def never(_name: str, key: str) -> Reply:
        await asyncio.sleep(3600 if key == "never" else 0)
        return Reply(Status.OK, key)

    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as first, Client(path) as second:
            first.ask("m never", "m behind it")
            second.ask("m now")
            assert await second.reply() == "OK now"

    served(tmp_path, never, story, stopping=0)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\xff",
        b"5:hello;",
        encode(b"x" * (MAX_REQUEST + 1)),
        b"99999:",
        b"012:transport x,",
    ],
)
def test_who_breaks_the_protocol_loses_only_its_own_connection(tmp_path: Path, garbage: bytes) -> None:
    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as good, Client(path) as bad:
            bad.writer.write(garbage)
            assert await bad.reply() == ""
            good.ask("m still there")
            assert await good.reply() == "OK m=still there"

    served(tmp_path, echo, story)


def test_what_was_asked_before_the_garbage_is_answered(tmp_path: Path) -> None:
    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.ask("m slow")
            await client.writer.drain()
            await asyncio.sleep(0.02)
            client.writer.write(b"garbage")
            assert await client.reply() == "OK slow"
            assert await client.reply() == ""

    served(tmp_path, slow_or_fast, story)


def test_the_longest_request(tmp_path: Path) -> None:
    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            key = "k" * (MAX_REQUEST - len("transport "))
            client.ask(f"transport {key}")
            assert await client.reply() == f"OK transport={key}"

    served(tmp_path, echo, story)


@pytest.mark.parametrize(
    ("request_", "reply"),
    [
        (b"transport", "PERM a request is a map name, a blank and a key"),
        (b"", "PERM a request is a map name, a blank and a key"),
        (b"m \xff\xfe", "OK m=\ufffd\ufffd"),
    ],
)
def test_odd_requests(tmp_path: Path, request_: bytes, reply: str) -> None:
    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.writer.write(encode(request_))
            assert await client.reply() == reply
            client.ask("m next")
            assert await client.reply() == "OK m=next"

    served(tmp_path, echo, story)


def test_a_fault_of_ours_is_temporary_and_costs_no_connection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(name: str, key: str) -> Reply | Awaitable[Reply]:
        if key == "at once":
            raise KeyError("Anna Berg, 010170-1234")
        return later(key)

    async def later(key: str) -> Reply:
        await asyncio.sleep(0)
        if key == "known":
            raise RoutingError("the domain is being looked up", "private words")
        raise ZeroDivisionError

    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.ask("m at once", "m later", "m known")
            assert await client.reply() == "TEMP internal error"
            assert await client.reply() == "TEMP internal error"
            assert await client.reply() == "TEMP the domain is being looked up"

    served(tmp_path, broken, story)
    told = "".join(capsys.readouterr())
    assert all(name in told for name in ("KeyError", "ZeroDivisionError"))
    assert "010170" not in told


def test_a_client_that_asks_and_does_not_read_is_read_no_further(tmp_path: Path) -> None:
    asked = 0

    def long(_name: str, _key: str) -> Reply:
        nonlocal asked
        asked += 1
        return Reply(Status.OK, "x" * 1000)

    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            for _round in range(200):
                client.ask(*["m x"] * 100)
            await asyncio.sleep(0.3)
            before = asked
            assert before < 2000, "20,000 were sent"
            for _round in range(20_000):
                assert (await client.reply()).startswith("OK x")
        assert asked == 20_000

    served(tmp_path, long, story)


def test_open_questions_of_one_client_are_bounded(tmp_path: Path) -> None:
    gate = asyncio.Event()
    open_now, most = 0, 0

    async def waiting(_name: str, key: str) -> Reply:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await gate.wait()
        open_now -= 1
        return Reply(Status.OK, key)

    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.ask(*(f"m {n}" for n in range(3000)))
            await asyncio.sleep(0.2)
            gate.set()
            assert [await client.reply() for _ in range(3000)] == [f"OK {n}" for n in range(3000)]

    served(tmp_path, waiting, story)
    assert most == socketmap.MAX_PENDING


def test_a_client_that_goes_away_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story(server: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.ask("m slow", "m b")
            await client.writer.drain()
            await asyncio.sleep(0.02)
            client.writer.transport.abort()
        async with asyncio.timeout(10):
            while server._connections:  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.01)

    served(tmp_path, slow_or_fast, story)


def test_half_closed_clients_get_their_answer(tmp_path: Path) -> None:
    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.ask("m slow")
            client.writer.write_eof()
            assert await client.reply() == "OK slow"
            assert await client.reply() == ""

    served(tmp_path, slow_or_fast, story)


def test_a_half_finished_question_is_not_waited_for_as_long_as_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socketmap, "HALF_SECONDS", 0.1)

    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as half:
            half.writer.write(b"100:tran")
            assert await half.reply() == ""

    served(tmp_path, echo, story)


def test_more_connections_than_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socketmap, "MAX_CONNECTIONS", 2)

    async def story(_: SocketmapServer, path: str) -> None:
        async with Client(path) as one, Client(path) as two:
            for client in (one, two):
                client.ask("m x")
                assert await client.reply() == "OK m=x"
            async with Client(path) as three:
                three.ask("m x")
                with suppress(ConnectionError):
                    assert await three.reply() == ""
            one.ask("m y")
            assert await one.reply() == "OK m=y"

    served(tmp_path, echo, story)


def test_stopping_answers_what_was_asked(tmp_path: Path) -> None:
    async def story(server: SocketmapServer, path: str) -> None:
        async with Client(path) as client, Client(path) as quiet:
            quiet.ask("m before")
            assert await quiet.reply() == "OK before"
            client.ask("m slow")
            await client.writer.drain()
            await asyncio.sleep(0.02)
            await server.stop(3600)
            assert await client.reply() == "OK slow"
            assert await client.reply() == await quiet.reply() == ""
            with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
                await asyncio.open_unix_connection(path)

    served(tmp_path, slow_or_fast, story)


def test_stopping_does_not_wait_for_ever(tmp_path: Path) -> None:
    given_up = []

    async def endless(_name: str, key: str) -> Reply:
        try:
            await asyncio.sleep(3600)
        finally:
            given_up.append(key)
        return Reply(Status.NOTFOUND)

    async def story(server: SocketmapServer, path: str) -> None:
        async with Client(path) as client:
            client.ask("m x")
            await client.writer.drain()
            await asyncio.sleep(0.02)
            await asyncio.wait_for(server.stop(0.1), 30)
            assert await client.reply() == ""
        assert given_up == ["x"], "nobody looks for an answer any more"

    served(tmp_path, endless, story)
