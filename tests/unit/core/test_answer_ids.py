"""An answer's Message-ID is known again wherever a mail program puts it."""

from __future__ import annotations

import pytest

from segl.answer_ids import answered_domains, message_id

ID = "0123456789abcdef" * 2
OURS = message_id(ID, "nordby.example").encode()


def test_the_form() -> None:
    assert OURS == b"<segl-answer.0123456789abcdef0123456789abcdef@nordby.example>"


@pytest.mark.parametrize(
    "value",
    [
        b" " + OURS,
        b" <1@kunde.example> " + OURS + b" <2@kunde.example>",
        b" <1@kunde.example>\n\t" + OURS,
        b" " + OURS[:20] + b"\n " + OURS[20:],  # a program that folds anywhere
        b" " + OURS.upper(),
        b" " + OURS.strip(b"<>"),
        b' "Svar" of ' + OURS,
        b" " + OURS + OURS,
        b" \xff\xfe" + OURS,
        b" x" * 50_000 + OURS,
    ],
)
def test_it_is_found(value: bytes) -> None:
    assert set(answered_domains(value)) == {"nordby.example"}


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b" <1@nordby.example>",
        b" <segl-answer.0123@nordby.example>",
        b" <segl-answer." + ID.encode() + b">",
        b" <segl-answer." + ID.encode() + b"@>",
        b" <segl-answer." + ID.encode() + b"@..>",
        b" <segl-answer." + b"g" * 32 + b"@nordby.example>",
        b" segl-answer.",
    ],
)
def test_nothing_else_is(value: bytes) -> None:
    assert list(answered_domains(value)) == []


def test_every_domain_is_told() -> None:
    value = (
        OURS
        + message_id(ID, "andet.example").encode()
        + message_id(ID, "nordby.example.evil.example").encode()
    )
    assert list(answered_domains(value)) == ["nordby.example", "andet.example", "nordby.example.evil.example"]
