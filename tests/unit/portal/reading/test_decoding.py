"""Transfer encodings undone piece by piece give what they give in one piece, and the size is told beforehand."""

from __future__ import annotations

import base64
import quopri
import time
import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.mime.transfer import Encoding, decode
from segl_portal.reading.decoding import decoded, decoded_head, decoded_size, undone
from segl_portal.reading.index import Part, index
from segl_portal.reading.source import BytesSource

ENCODED = (Encoding.BASE64, Encoding.QUOTED, Encoding.UU)


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    places = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return (data[one:two] for one, two in pairwise(places))


def part_of(body: bytes, encoding: str) -> tuple[BytesSource, Part]:
    source = BytesSource(b"Content-Transfer-Encoding: %s\r\n\r\n%s" % (encoding.encode(), body))
    return source, index(source).parts[0]


_TEXT = st.lists(
    st.sampled_from([b"QUJD", b"QQ", b"==", b"=", b"\r\n", b"\n", b"\r", b" ", b"\t", b"A", b"=41", b"=4", b"=\r\n",
                     b"= \t\r\n", b"hej", b"\xe6", b"\0", b"-", b"!"]), max_size=40,
).map(b"".join)  # fmt: skip


@given(data=_TEXT | st.binary(max_size=200), places=st.lists(st.integers(0, 500), max_size=8))
@settings(max_examples=400, deadline=None)
def test_where_pieces_are_cut_does_not_matter(data: bytes, places: list[int]) -> None:
    for encoding in ENCODED:
        assert b"".join(undone(cut(data, places), encoding)) == b"".join(undone([data], encoding))


@given(_TEXT | st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_the_bytes_are_those_of_the_reading_in_one_piece(data: bytes) -> None:
    assert b"".join(undone([data], Encoding.BASE64)) == decode(data, Encoding.BASE64)
    assert b"".join(undone([data], Encoding.NONE)) == data
    assert b"".join(undone([data], Encoding.UNKNOWN)) == data
    if b"\r" not in data.replace(b"\r\n", b""):
        assert b"".join(undone([data], Encoding.QUOTED)) == decode(data, Encoding.QUOTED)


@given(_TEXT | st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_the_size_is_told_exactly(data: bytes) -> None:
    for name in ("base64", "quoted-printable", "x-uuencode", "8bit", "nonsense"):
        source, part = part_of(data, name)
        assert decoded_size(source, part) == len(b"".join(decoded(source, part)))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 100_000, 1_000_003])
def test_what_was_encoded_comes_back(size: int) -> None:
    data = bytes(at * 7 % 256 for at in range(size))
    for body, name in (
        (base64.encodebytes(data), "base64"),
        (base64.encodebytes(data).replace(b"\n", b"\r\n"), "BASE64"),
        (base64.b64encode(data), "base64"),
        (quopri.encodestring(data), "quoted-printable"),
        (uuencoded(data), "x-uuencode"),
        (data, "binary"),
    ):
        source, part = part_of(body, name)
        assert b"".join(decoded(source, part)) == data, name
        assert decoded_size(source, part) == size, name
        assert decoded_head(source, part, 10) == data[:10]


def uuencoded(data: bytes) -> bytes:
    import binascii

    lines = [binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45)]
    return b"begin 644 brev.bin\n" + b"".join(lines) + b"`\nend\n"


def test_a_body_that_only_claims_to_be_uuencoded_is_given_as_it_stands() -> None:
    for body in (b"hej\r\nbo\r\n", b"begin med det samme\n", b"x\n" * 1000):
        source, part = part_of(body, "x-uuencode")
        assert b"".join(decoded(source, part)) == body


@pytest.mark.parametrize(
    "line",
    [b"=", b"=41", b"= ", b"=a=", b"A", b"\r", b"=\r", b" ", b"====", b"A=", b"\n", b"begin 644 x\n", b"M"],
)
def test_hostile_bodies_cost_neither_time_nor_memory(line: bytes) -> None:
    source = BytesSource(line * (1_000_000 // len(line)))
    tracemalloc.start()
    start = time.process_time()
    for encoding in ENCODED:
        for _ in undone(source.chunks(), encoding):
            pass
    seconds = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 20  # tracing makes it slow
    assert peak < 16_000_000
