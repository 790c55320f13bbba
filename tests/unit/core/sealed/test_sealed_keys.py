"""A content key comes out by both secrets, for its message and its recipient, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.sealed.keys import (
    WRAPPED,
    Place,
    Secret,
    WrongSecret,
    answers_key,
    new_content_key,
    unwrap,
    unwrap_answer,
    wrap,
    wrap_answer,
)


@given(st.binary(min_size=32, max_size=32), st.integers(0, WRAPPED * 8 - 1))
def test_a_changed_wrapped_key_does_not_unwrap(raw: bytes, bit: int) -> None:
    place = Place(b"m" * 16, b"r" * 16)
    link, server = Secret.new(), Secret.new()
    wrapped = bytearray(wrap(Secret(raw), link, server, place))
    assert unwrap(bytes(wrapped), link, server, place).reveal() == raw
    wrapped[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(WrongSecret):
        unwrap(bytes(wrapped), link, server, place)


def test_the_wrapped_key_is_that_of_the_written_format() -> None:
    """The vector of docs/sealed-format.md, made with ``openssl kdf``, ``openssl enc`` and a GHASH of its
    own."""
    wrapped = bytes.fromhex(
        "4e4e4e4e4e4e4e4e4e4e4e4e"
        "7e46d3d2f97650559ccaea85784b30b8134736a5142cfbd249617cc4f0302ff6"
        "d0d4b591c048dda4a4079c02b6bf99cb"
    )
    place = Place(bytes(range(16)), bytes(range(16, 32)))
    link = Secret.from_text("TExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTEw")
    assert unwrap(wrapped, link, Secret(b"S" * 32), place).reveal() == bytes(range(32))


def test_both_secrets_and_both_ids_are_needed() -> None:
    place = Place(b"m" * 16, b"r" * 16)
    key, link, server = Secret.new(), Secret.new(), Secret.new()
    wrapped = wrap(key, link, server, place)
    for wrong in (
        (Secret.new(), server, place),
        (link, Secret.new(), place),
        (server, link, place),
        (link, server, Place(b"n" * 16, b"r" * 16)),
        (link, server, Place(b"m" * 16, b"s" * 16)),
    ):
        with pytest.raises(WrongSecret):
            unwrap(wrapped, *wrong)


@given(st.binary(min_size=32, max_size=32))
def test_a_secret_survives_the_link_and_prints_nothing(raw: bytes) -> None:
    secret = Secret(raw)
    assert Secret.from_text(secret.text()).reveal() == raw
    assert len(secret.text()) == 43
    assert secret.text().replace("-", "").replace("_", "").isalnum()
    assert f"{secret}{secret!r}" == "Secret(…)" * 2


def test_a_secret_has_one_spelling() -> None:
    text = Secret(bytes(32)).text()
    with pytest.raises(ValueError, match="secret"):
        Secret.from_text(text[:-1] + "B")  # decodes to the same bytes


def test_the_answers_key_is_that_of_the_written_format() -> None:
    """The vector of docs/sealed-format.md, from OpenSSL's command line."""
    place = Place(bytes(range(16)), bytes(range(16, 32)))
    key = answers_key(Secret(b"L" * 32), Secret(b"S" * 32), place)
    assert key.reveal().hex() == "cba5b3ff6471af9fbb5ab7a074d64023bfb6f7c6b3869f4f6146cd2eca88fc89"


def test_an_answers_key_unwraps_for_its_recipient_and_id_alone() -> None:
    answers, key = Secret.new(), new_content_key()
    bo, eva, mine, other = b"b" * 16, b"e" * 16, b"m" * 16, b"o" * 16
    wrapped = wrap_answer(key, answers, Place(mine, bo))
    assert unwrap_answer(wrapped, answers, Place(mine, bo)).reveal() == key.reveal()
    for wrong, place in (
        (answers, Place(other, bo)),
        (answers, Place(mine, eva)),
        (Secret.new(), Place(mine, bo)),
    ):
        with pytest.raises(WrongSecret):
            unwrap_answer(wrapped, wrong, place)
