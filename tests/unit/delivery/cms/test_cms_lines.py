"""Base64 as mail carries it: lines of 76 out, anything that is base64 in."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.ber import Damaged
from segl_delivery.cms.lines import Base64Reader, base64_lines, base64_size


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_base64_has_lines_of_76(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    text = b"".join(base64_lines(pieces))
    lines = text.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) == 76 for line in lines[:-1])
    assert b64decode(text) == data
    assert base64_size(len(data)) == len(text)


def test_base64_of_a_large_message_is_seamless() -> None:
    data = os.urandom(3_000_001)
    text = b"".join(base64_lines([data[:1_000_000], data[1_000_000:]]))
    assert {len(line) for line in text.split(b"\r\n")[:-2]} == {76}
    assert b64decode(text) == data
    assert base64_size(len(data)) == len(text)


@given(
    st.binary(max_size=1000),
    st.integers(1, 90),
    st.sampled_from([b"\r\n", b"\n", b" \r\n\t"]),
    st.integers(1, 400),
)
def test_any_line_length_is_read(data: bytes, width: int, end: bytes, size: int) -> None:
    text = b64encode(data)
    reader = Base64Reader(BytesIO(end.join(text[at : at + width] for at in range(0, len(text), width)) + end))
    found = b""
    while piece := reader.read(size):
        assert len(piece) <= size
        found += piece
    assert found == data


class Trickle:
    """Gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, width: int) -> None:
        self._stream = BytesIO(data)
        self._width = width

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._width))


@given(st.binary(max_size=60), st.integers(1, 5))
def test_a_stream_may_come_in_any_pieces(data: bytes, width: int) -> None:
    text = b"".join(base64_lines([data]))
    reader = Base64Reader(Trickle(text, width))
    assert b"".join(iter(lambda: reader.read(7), b"")) == data


def test_what_follows_the_end_is_not_read() -> None:
    assert Base64Reader(BytesIO(b"aGVq\r\nIQ==\r\n\r\n--boundary--\r\n")).read(100) == b"hej!"


@pytest.mark.parametrize("text", [b"aGV", b"aGVqI", b"aG!q", b"aGVq\x00", b"a===", b"aGVq\xff\xff\xff\xff"])
def test_what_is_no_base64_is_refused(text: bytes) -> None:
    with pytest.raises(Damaged):
        Base64Reader(BytesIO(text)).read(100)
