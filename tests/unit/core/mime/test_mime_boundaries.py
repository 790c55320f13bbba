"""Multipart bodies: every byte is in a section, however the delimiters are written."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.mime.boundaries import guess_boundary, has_delimiter, sections


def cut(body: bytes, boundary: bytes = b"b") -> list[str]:
    return [f"{s.kind.name}:{body[s.start : s.end].decode()}" for s in sections(body, 0, len(body), boundary)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"--b\r\nA\r\n--b--\r\n", ["PART:A\r\n"]),
        (
            b"fore\r\n--b\r\nA\r\n--b\r\nB\r\n--b--\r\naft",
            ["PREAMBLE:fore\r\n", "PART:A\r\n", "PART:B\r\n", "EPILOGUE:aft"],
        ),
        (b"--b\nA\n", ["PART:A\n"]),
        (b"--b\rA\r--b--", ["PART:A\r"]),
        (b"--b  \t\r\nA", ["PART:A"]),
        (b"--b\r\nA\r\n--b--\r\n--b\r\nB", ["PART:A\r\n", "PART:B"]),
        (b"--b x y\r\nA", ["LINE: x y", "PART:A"]),
        (b"--b--x\r\nA", ["LINE:x", "EPILOGUE:A"]),
        (b"--bb\r\nA", ["PREAMBLE:--bb\r\nA"]),
        (b"x--b\r\nA", ["PREAMBLE:x--b\r\nA"]),
        (b"--b\r\n--b\r\nA", ["PART:", "PART:A"]),
        (b"--b", ["PART:"]),
        (b"", []),
    ],
)
def test_sections(body: bytes, expected: list[str]) -> None:
    assert cut(body) == expected


@given(
    st.lists(
        st.sampled_from([b"--b", b"--b--", b"\r\n", b"\n", b"\r", b"abc", b"--bb", b" ", b"--"]), max_size=30
    )
)
def test_no_byte_is_lost(pieces: list[bytes]) -> None:
    """What is in no section is a delimiter, with its blanks and its line end."""
    body = b"".join(pieces)
    outside, position = b"", 0
    for section in sections(body, 0, len(body), b"b"):
        assert section.start >= position
        outside += body[position : section.start]
        position = section.end
    assert re.sub(rb"--b(?:--)?", b"", outside + body[position:]).strip(b" \r\n") == b""


@pytest.mark.parametrize(
    ("body", "boundary"),
    [
        (b"--x\r\nContent-Type: text/plain\r\n\r\nhej", b"x"),
        (b"hej\n--x y \ncontent-transfer-encoding: base64\n\n", b"x y"),
        (b"--\r\nContent-Type: a/b", None),
        (b"--x\r\nhej", None),
        (b"-- \nMvh. Bo\n", None),
    ],
)
def test_the_boundary_a_body_uses_is_found(body: bytes, boundary: bytes | None) -> None:
    assert guess_boundary(body, 0, len(body)) == boundary


@pytest.mark.parametrize(
    "piece", [b"--b", b"\n--b\n", b"\n--", b"\n--bx", b"\r", b"--b--\n", b"--" + b" " * 5000 + b"\n"]
)
def test_hostile_bodies_cost_linear_time(piece: bytes) -> None:
    body = piece * (300_000 // len(piece))
    start = time.process_time()
    list(sections(body, 0, len(body), b"b"))
    has_delimiter(body, 0, len(body), b"zz")
    guess_boundary(body, 0, len(body))
    assert time.process_time() - start < 3
