"""Message data comes off the wire byte for byte, and only CR LF dot CR LF ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl_delivery.lmtp.wire import Closed, LineTooLong, Wire
from world.desk import stuffed

# Bytes that matter to the ending come often.
MAIL_BYTES = st.lists(
    st.sampled_from([b"\r\n", b"\r\n.", b".", b"..", b"\r", b"\n", b"a", b"\x00\xff", b"."])
).map(b"".join)


async def feed(reader: asyncio.StreamReader, pieces: Sequence[bytes]) -> None:
    """*pieces* to *reader*, each by itself, and the end."""
    for piece in pieces:
        reader.feed_data(piece)
        await asyncio.sleep(0)
    reader.feed_eof()


def read_data(pieces: Sequence[bytes], limit: int = 10_000_000) -> tuple[bytes | None, bytes]:
    """What ``data`` gives for input that comes in *pieces*, and the line after it."""

    async def run() -> tuple[bytes | None, bytes]:
        reader = asyncio.StreamReader()
        wire = Wire(reader, idle_seconds=5)

        feeding = asyncio.create_task(feed(reader, pieces))
        data = await wire.data(limit)
        line = await wire.line(1000)
        await feeding
        return data, line

    return asyncio.run(run())


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(MAIL_BYTES, st.integers(1, 9))
@settings(deadline=None)
def test_whatever_is_sent_arrives_however_it_is_cut(body: bytes, size: int) -> None:
    content = body if not body or body.endswith(b"\r\n") else body + b"\r\n"
    wire = stuffed(content) + b".\r\nQUIT\r\n"
    assert read_data(cut(wire, size)) == (content, b"QUIT")


@pytest.mark.parametrize(
    "smuggled",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\n\r\n.\n",
        b"\r\n\x00.\r\n",
        b"\r\n. \r\n",
    ],
)
def test_no_other_ending_ends_a_message(smuggled: bytes) -> None:
    rest = b"MAIL FROM:<x@evil.example>\r\nRCPT TO:<y@evil.example>\r\nDATA\r\nhello\r\n"
    data, line = read_data([b"text", smuggled, rest, b".\r\nQUIT\r\n"])
    assert data is not None
    assert data.endswith(rest)
    assert line == b"QUIT"


@pytest.mark.parametrize(
    "filler", [b"x" * 5_000_000 + b"\r\n", b"\n" * 300_000 + b"\r\n", b"\xe6\r\n" * 100_000]
)
def test_long_lines_and_bare_line_feeds_are_left_alone(filler: bytes) -> None:
    assert read_data([filler, b".\r\nQUIT\r\n"]) == (filler, b"QUIT")


@pytest.mark.parametrize("size", [1, 3, 7, 100_000])
def test_too_much_is_read_to_its_end_and_dropped(size: int) -> None:
    content = b"01234.\r\n" * 20
    assert read_data(cut(content + b".\r\nNOOP\r\n", size), limit=len(content) - 1) == (None, b"NOOP")
    assert read_data(cut(content + b".\r\nNOOP\r\n", size), limit=len(content)) == (content, b"NOOP")
    for limit in range(20, 50):  # it is let go before its end, at any byte of it
        assert read_data(cut(content + b".\r\nNOOP\r\n", size), limit=limit) == (None, b"NOOP")


def test_the_limit_counts_the_message_not_its_stuffing() -> None:
    content = b".\r\n" * 1000
    assert read_data([stuffed(content), b".\r\nNOOP\r\n"], limit=len(content)) == (content, b"NOOP")


@pytest.mark.parametrize(
    "sent", [b"", b"half a mess", b"message\r\n", b"message\r\n.", b"message\r\n.\r", b"message\r\n.\n"]
)
def test_a_client_that_goes_away_hands_nothing_over(sent: bytes) -> None:
    with pytest.raises(Closed):
        read_data([sent])


def read_lines(pieces: Sequence[bytes], count: int) -> list[bytes | str]:
    async def run() -> list[bytes | str]:
        reader = asyncio.StreamReader()
        wire = Wire(reader, idle_seconds=5)
        lines: list[bytes | str] = []

        feeding = asyncio.create_task(feed(reader, pieces))
        for _ in range(count):
            try:
                lines.append(await wire.line(20))
            except LineTooLong:
                lines.append("too long")
        await feeding
        return lines

    return asyncio.run(run())


@pytest.mark.parametrize("size", [1, 2, 7, 100_000])
def test_lines_end_with_cr_lf_only_and_a_long_one_costs_only_itself(size: int) -> None:
    sent = b"NOOP\r\nA\nB\rC\r\n" + b"x" * 500 + b"\r\n" + b"x" * 20 + b"\r\n" + b"x" * 21 + b"\r\nQUIT\r\n"
    assert read_lines(cut(sent, size), 6) == [
        b"NOOP",
        b"A\nB\rC",
        "too long",
        b"x" * 20,
        "too long",
        b"QUIT",
    ]


def test_silence_ends_the_connection() -> None:
    async def run() -> None:
        await Wire(asyncio.StreamReader(), idle_seconds=0.01).line(100)

    with pytest.raises(Closed):
        asyncio.run(run())
