"""Netstrings: what goes in comes out, in any cuts; what is none is refused, and never anything worse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.errors import ProtocolError
from segl_routing.netstring import Decoder, encode


def cut(data: bytes, lengths: list[int]) -> list[bytes]:
    """*data* in pieces of these lengths, the rest at the end."""
    pieces = []
    for length in lengths:
        pieces.append(data[:length])
        data = data[length:]
    return [*pieces, data]


@given(st.lists(st.binary(max_size=60), max_size=8), st.lists(st.integers(0, 20), max_size=40))
def test_any_strings_in_any_pieces(strings: list[bytes], lengths: list[int]) -> None:
    decoder = Decoder(100)
    stream = b"".join(map(encode, strings))
    assert [s for piece in cut(stream, lengths) for s in decoder.feed(piece)] == strings
    assert not decoder.unfinished


@given(st.binary(max_size=200), st.lists(st.integers(0, 20), max_size=20))
def test_garbage_is_a_protocol_error_and_nothing_else(garbage: bytes, lengths: list[int]) -> None:
    decoder = Decoder(50)
    try:
        for piece in cut(garbage, lengths):
            for string in decoder.feed(piece):
                assert len(string) <= 50
    except ProtocolError:
        pass


@given(st.binary(max_size=200))
def test_pieces_make_no_difference(data: bytes) -> None:
    """Byte by byte the same strings come out, and the same error or none, as in one piece."""

    def outcome(pieces: list[bytes]) -> tuple[list[bytes], bool]:
        decoder, strings = Decoder(50), []
        try:
            for piece in pieces:
                strings += decoder.feed(piece)
        except ProtocolError:
            return strings, True
        return strings, False

    whole, one_by_one = outcome([data]), outcome([bytes([b]) for b in data])
    assert whole[1] == one_by_one[1]
    if not whole[1]:
        assert whole[0] == one_by_one[0]


@pytest.mark.parametrize(
    "wire",
    [
        b":x,",  # no length
        b"a:x,",  # not a number
        b"-1:x,",
        b" 1:x,",
        b"01:x,",  # leading zero
        b"1:x;",  # no comma
        b"1:xy",
        b"101:",  # over the limit
        b"1000",  # cannot become anything but over the limit
        b"99999999999999999999999999",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
    ],
)
def test_refused(wire: bytes) -> None:
    with pytest.raises(ProtocolError):
        Decoder(100).feed(wire)


def test_the_empty_string_and_the_longest() -> None:
    assert Decoder(100).feed(b"0:," + encode(b"x" * 100)) == [b"", b"x" * 100]


def test_an_unfinished_string_waits() -> None:
    decoder = Decoder(100)
    assert decoder.feed(b"5:hel") == []
    assert decoder.unfinished
    assert decoder.feed(b"lo,3:") == [b"hello"]
