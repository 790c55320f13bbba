"""Raw header fields: what is not taken out stays byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.headers import steers
from segl.mail.fields import Field, canonical, join_header, split_header, without

HEADER = (
    b"From: anna@nordby.example\r\n"
    b"X-Segl-Route: secure\r\n"
    b"Subject: folded\r\n"
    b"\tover two lines\r\n"
    b"x-segl-id: 17\r\n"
    b" folded too\r\n"
    b"X-Segl : odd\r\n"
    b"TLS-Required: no\r\n"
    b"To: bo@vestby.example\r\n"
)
BODY = b"X-Segl-Route: in the body\r\n\r\n\x00\xff\n.\n"


def test_unwanted_fields_go_with_their_folds_and_the_rest_stays() -> None:
    assert without(HEADER + b"\r\n" + BODY, steers) == (
        b"From: anna@nordby.example\r\n"
        b"Subject: folded\r\n\tover two lines\r\n"
        b"X-Segl : odd\r\n"  # the name is X-Segl, not X-Segl-…
        b"To: bo@vestby.example\r\n\r\n" + BODY
    )


def test_a_message_without_such_fields_is_not_touched() -> None:
    message = b"Subject: x\n\n" + BODY
    assert without(message, steers) is message


@pytest.mark.parametrize(
    ("message", "names", "body"),
    [
        (b"", [], b""),
        (b"\r\n", [], b""),
        (b"\r\nbody", [], b"body"),
        (b"Subject: x", ["subject"], b""),
        (b"Subject: x\r\n", ["subject"], b""),
        (b"A: 1\nB: 2\n\nbody", ["a", "b"], b"body"),
        (b"no header at all\r\nSubject: x\r\n\r\nbody", [], b"no header at all\r\nSubject: x\r\n\r\nbody"),
        (b"A: 1\r\nno field\r\nB: 2\r\n\r\nbody", ["a"], b"no field\r\nB: 2\r\n\r\nbody"),
        (b" folded from nothing\r\nA: 1\r\n\r\n", [], b" folded from nothing\r\nA: 1\r\n\r\n"),
        (b"A: 1\r\n \r\n folded\r\nB: 2\r\n\r\nbody", ["a", "b"], b"body"),
        (b"A : 1\r\n\r\nbody", ["a"], b"body"),
        (b": no name\r\n\r\nbody", [], b": no name\r\n\r\nbody"),
        (b"\xe6: 1\r\n\r\nbody", [], b"\xe6: 1\r\n\r\nbody"),
    ],
)
def test_where_the_header_ends(message: bytes, names: list[str], body: bytes) -> None:
    fields, rest = split_header(message)
    assert [field.name for field in fields] == names
    assert rest == body


LINES = st.lists(st.sampled_from([b"A: 1", b"b:2", b" fold", b"\tfold", b"", b"junk", b"C : x", b"\xff"]))


@given(LINES, st.sampled_from([b"\r\n", b"\n"]), st.binary(max_size=20))
def test_nothing_is_lost_or_made_up(lines: list[bytes], end: bytes, tail: bytes) -> None:
    message = end.join([*lines, tail])
    fields, body = split_header(message)
    joined = b"".join(field.raw for field in fields)
    rest = message[len(joined) :]
    assert message.startswith(joined)
    assert rest in (body, b"\r\n" + body, b"\n" + body)


@given(LINES, st.binary(max_size=20))
def test_what_is_joined_splits_the_same(lines: list[bytes], body: bytes) -> None:
    fields, _ = split_header(b"\r\n".join(lines))
    again, rest = split_header(join_header(fields, body))
    assert [field.name for field in again] == [field.name for field in fields]
    assert rest == body


def test_a_value_is_unfolded() -> None:
    assert Field("subject", b"Subject:  a\r\n\t b \r\n c\r\n").value == b"a b c"


@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"a", b"\xff"])).map(b"".join))
def test_canonical_form_has_no_bare_line_feed_and_is_final(data: bytes) -> None:
    once = canonical(data)
    assert b"\n" not in once.replace(b"\r\n", b"")
    assert canonical(once) == once
    assert once.replace(b"\r\n", b"\n") == data.replace(b"\r\n", b"\n")


@pytest.mark.slow
def test_a_megabyte_of_header_is_no_trouble() -> None:
    message = b"X-Filler: y\r\n" * 80_000 + b"\r\nbody"
    fields, body = split_header(message)
    assert (len(fields), body) == (80_000, b"body")
