"""Header blocks: where the body begins, in every form senders have found."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.mime.fields import Block, past_comments, read_block

LIMIT = 256 * 1024


def block(raw: bytes, limit: int = LIMIT) -> tuple[Block, bytes]:
    found = read_block(raw, 0, len(raw), limit)
    return found, raw[found.body :]


@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r", b"\r\r\n"], ids=["CRLF", "LF", "CR", "CRCRLF"])
def test_every_kind_of_line_end(newline: bytes) -> None:
    raw = newline.join([b"Subject: et", b" to", b"\ttre", b"X-A : b", b"", b"krop", b"", b"mere"])
    found, body = block(raw)
    assert found.fields == (("subject", "et to\ttre"), ("x-a", "b"))
    assert body.startswith(b"krop")
    assert not found.junk


@pytest.mark.parametrize(
    ("raw", "fields", "body"),
    [
        (b"", [], b""),
        (b"\r\nkrop", [], b"krop"),
        (b"A: b", ["a"], b""),
        (b"A: b\r\n", ["a"], b""),
        (b"A: b\r\nC: d\n\nkrop", ["a", "c"], b"krop"),
        (b"A: b\n\r\nkrop", ["a"], b"krop"),
        (b"From bo Mon Jan 1 2026\nA: b\n\nkrop", ["a"], b"krop"),
        (b">From bo Mon Jan 1 2026\r\nA: b\r\n\r\nkrop", ["a"], b"krop"),
        (b"From: bo\n\nkrop", ["from"], b"krop"),
        (b"A:\r\n\r\nkrop", ["a"], b"krop"),
        (b"A\0B: c\r\n\r\nkrop", [], b"krop"),
        (b": c\r\n\r\nkrop", [], b"krop"),
    ],
)
def test_blocks(raw: bytes, fields: list[str], body: bytes) -> None:
    found, rest = block(raw)
    assert [name for name, _ in found.fields] == fields
    assert rest == body


def test_a_bare_cr_begins_a_field_of_its_own() -> None:
    found, _ = block(b"Subject: a\rContent-Transfer-Encoding: base64\r\nTo: b\r\n\r\n")
    assert [name for name, _ in found.fields] == ["subject", "content-transfer-encoding", "to"]


def test_a_line_that_is_no_field_is_kept_and_its_place_told() -> None:
    raw = b"Subject: a\r\nHej Bo\r\nTo: b\r\n\r\nkrop"
    found, body = block(raw)
    assert found.junk == ("Hej Bo",)
    assert [name for name, _ in found.fields] == ["subject", "to"]
    assert found.early is not None
    assert raw[found.early :].startswith(b"Hej Bo")
    assert found.fields[: found.early_fields] == (("subject", "a"),)
    assert body == b"krop"


def test_a_first_field_behind_a_blank_is_one_or_text() -> None:
    found, body = block(b" A: b\r\nC: d\r\n\r\nkrop")
    assert found.fields == (("a", "b"), ("c", "d"))
    assert (found.junk, found.early, found.early_fields) == ((" A: b",), 0, 0)
    assert body == b"krop"


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        ("a (b)", "a (b)"),
        ("(a) b", "b"),
        (r" ((a)\)b) (c)d", "d"),
        ("(a b", "(a b"),
        ("(a)", "(a)"),
        (") a", ") a"),
        ("", ""),
    ],
)
def test_comments_at_the_beginning_are_passed_over(value: str, rest: str) -> None:
    assert past_comments(value) == rest


def test_a_huge_block_is_cut_and_the_body_still_found() -> None:
    found, body = block(b"Subject: a\r\nX: " + b"y" * 5000 + b"\r\n\r\nkrop", limit=1000)
    assert found.cut
    assert found.fields[0] == ("subject", "a")
    assert len(found.fields[1][1]) < 1000
    assert body == b"krop"


@given(st.binary(max_size=200) | st.text("\r\n :aA\t", max_size=60).map(str.encode))
def test_nothing_raises_and_no_byte_lies_outside(raw: bytes) -> None:
    found = read_block(raw, 0, len(raw), LIMIT)
    assert 0 <= found.body <= len(raw)
    assert found.early is None or 0 <= found.early <= len(raw)


@pytest.mark.slow
@pytest.mark.parametrize("piece", [b"\r", b"a\r", b" ", b"a:\r", b"a\n", b"\r\r", b"\t\n"])
def test_hostile_blocks_cost_linear_time(piece: bytes) -> None:
    raw = b"x" + piece * (2_000_000 // len(piece))
    start = time.process_time()
    read_block(raw, 0, len(raw), LIMIT)
    assert time.process_time() - start < 2
