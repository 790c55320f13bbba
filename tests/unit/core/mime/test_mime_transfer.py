"""Transfer encodings: what is encoded comes back, and what only claims to be is not lost."""

from __future__ import annotations

import base64
import binascii
import quopri
import tracemalloc

import pybase64
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.mime.transfer import Encoding, decode, encoding_named, head, readings

# The standard library, whatever stands behind it: so in 3.11, and in the first releases of 3.12 and 3.13.
_STOPS_AT_PADDING = base64.b64decode(b"AA==AA==") == b"\0"
TEXT = "Cpr 010190-1234 på Åvej".encode()
B64 = base64.b64encode(TEXT)


@pytest.mark.parametrize(
    ("value", "encoding"),
    [
        ("base64", Encoding.BASE64),
        ("  BASE64 ", Encoding.BASE64),
        ("base64 (standard)", Encoding.BASE64),
        ('"base64"', Encoding.BASE64),
        ("base64; x=y", Encoding.BASE64),
        ("(c) quoted-printable", Encoding.QUOTED),
        (r"((a)b\)q) base64", Encoding.BASE64),
        ("7bit", Encoding.NONE),
        ("8-bit", Encoding.NONE),
        ("", Encoding.NONE),
        ("x-uue", Encoding.UU),
        ("x-made-up", Encoding.UNKNOWN),
    ],
)
def test_names_of_encodings_are_read_leniently(value: str, encoding: Encoding) -> None:
    assert encoding_named(value) is encoding


@pytest.mark.parametrize(
    "encoded",
    [
        B64,
        B64.rstrip(b"="),
        b"\r\n".join(B64[i : i + 8] for i in range(0, len(B64), 8)),
        b"!*" + B64[:5] + b"--\0 " + B64[5:] + b"\r\n",
        base64.b64encode(TEXT[:4]) + b"\r\n" + base64.b64encode(TEXT[4:]),
        base64.b64encode(TEXT[:5]) + base64.b64encode(TEXT[5:]),
        B64.rstrip(b"=") + b"\r\n=\r\n=",
        B64 + b"====",
    ],
    ids=[
        "clean",
        "no padding",
        "lines",
        "junk inside",
        "two texts",
        "padding inside",
        "padding apart",
        "too much padding",
    ],
)
def test_broken_base64_gives_its_text(encoded: bytes) -> None:
    assert decode(encoded, Encoding.BASE64) == TEXT


def test_base64_cut_off_gives_all_whole_bytes() -> None:
    for cut in range(len(B64)):
        assert decode(B64[:cut], Encoding.BASE64) == TEXT[: cut * 6 // 8]


@pytest.mark.parametrize(
    ("encoded", "text"),
    [
        (b"Cpr 0101=\r\n90-1234", b"Cpr 010190-1234"),
        (b"Cpr 0101=\n90-1234", b"Cpr 010190-1234"),
        (b"Cpr 0101=  \t\r\n90-1234", b"Cpr 010190-1234"),
        (b"Cpr 0101=\r90-1234\nmere", b"Cpr 010190-1234\nmere"),
        (b"p=C3=A5 =c3=85vej", "på Åvej".encode()),
        (b"a=ZZb=", b"a=ZZb"),
        (b"a==b", b"a=b"),
        (b"a=3Db", b"a=b"),
    ],
)
def test_broken_quoted_printable_keeps_every_letter(encoded: bytes, text: bytes) -> None:
    assert decode(encoded, Encoding.QUOTED) == text


@pytest.mark.parametrize(
    ("raw", "encoding", "hidden"),
    [
        (b"Cpr 010190-1234", Encoding.BASE64, b"010190-1234"),
        (b"0101901234", Encoding.BASE64, b"0101901234"),
        (B64 + b"\r\n_____\r\nCpr 311299-1234", Encoding.BASE64, b"311299-1234"),
        (B64[:1] + b"=" + B64[1:], Encoding.BASE64, TEXT),
        (b"Q3ByIDA\r\nMTAxOTAtMTIzNA\r\n", Encoding.BASE64, b"Cpr 010190-1234"),
        (b"kode=01019 cpr=3012991234", Encoding.QUOTED, b"3012991234"),
        (B64, Encoding.NONE, TEXT),
        (b"\r\n" + B64 + b"\r\n", Encoding.NONE, TEXT),
        (b"Cpr 0101=\r\n90-1234", Encoding.NONE, b"010190-1234"),
        (b"p=C3=A5 Cpr", Encoding.UNKNOWN, "på".encode()),
    ],
)
def test_where_the_label_may_be_a_lie_both_readings_are_given(
    raw: bytes, encoding: Encoding, hidden: bytes
) -> None:
    assert any(hidden in way for way in readings(raw, encoding))


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (B64, Encoding.BASE64),
        (base64.encodebytes(TEXT * 9), Encoding.BASE64),
        (base64.encodebytes(TEXT.decode().encode("utf-16")), Encoding.BASE64),
        (base64.encodebytes(TEXT.decode().encode("utf-32-be")), Encoding.BASE64),
        (b"p=C3=A5 =\r\nfri", Encoding.QUOTED),
        (b"En helt almindelig tekst om 100=100.", Encoding.NONE),
        (b"https://a.example/?id=1234&x=ab", Encoding.NONE),
    ],
)
def test_an_ordinary_text_is_read_once(raw: bytes, encoding: Encoding) -> None:
    assert len(readings(raw, encoding)) == 1


def uu(data: bytes, name: str = "brev.txt") -> bytes:
    lines = [binascii.b2a_uu(data[i : i + 45]) for i in range(0, len(data), 45)]
    return f"begin 644 {name}\n".encode() + b"".join(lines) + b"`\nend\n"


def test_uuencode_is_undone() -> None:
    assert decode(b"Se her:\n" + uu(TEXT * 9), Encoding.UU) == TEXT * 9
    assert decode(uu(TEXT * 9).replace(b"\n", b"\r\n"), Encoding.UU) == TEXT * 9
    assert decode(b"no block", Encoding.UU) == b"no block"


@given(st.binary(max_size=400), st.sampled_from(Encoding), st.integers(0, 500))
def test_nothing_raises_and_the_head_is_the_beginning(data: bytes, encoding: Encoding, size: int) -> None:
    assert head(data, encoding, size) == decode(data, encoding)[:size]
    assert readings(data, encoding)[0] == decode(data, encoding)


@given(st.binary(max_size=300))
def test_what_the_standard_library_encodes_comes_back(data: bytes) -> None:
    assert decode(base64.encodebytes(data), Encoding.BASE64) == data
    assert decode(quopri.encodestring(data.replace(b"\r", b"")), Encoding.QUOTED) == data.replace(b"\r", b"")
    assert decode(uu(data), Encoding.UU) == data


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"AA ", b"AA=", b"AAAAA\n"])
def test_many_short_pieces_of_base64_take_little_memory(piece: bytes) -> None:
    raw = piece * 50_000
    tracemalloc.start()
    try:
        readings(raw, Encoding.BASE64)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(raw)


_ODD = st.sampled_from([b"=", b"==", b"=\r\n", b"\n", b" ", b"-", b"\x80", b"\0", b"A", b"B=="])


@given(st.binary(max_size=300), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2), _ODD), max_size=6))
def test_base64_is_decoded_as_the_standard_library_does(
    content: bytes, odd: list[tuple[int, int, bytes]]
) -> None:
    """By a library of its own, which is five times as fast; what is no base64 is the point."""
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    for at, width, what in odd:
        encoded = encoded[:at] + what + encoded[at + width :]
    try:
        expected = binascii.a2b_base64(encoded)
    except binascii.Error:
        with pytest.raises(binascii.Error):
            pybase64.b64decode(encoded)
    else:
        try:
            found = pybase64.b64decode(encoded)
        except binascii.Error:
            assert _STOPS_AT_PADDING
        else:
            assert found == expected or (_STOPS_AT_PADDING and found.startswith(expected))
