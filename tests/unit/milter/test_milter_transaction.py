"""A message as it comes in: the bytes are those of SMTP, and nothing grows without bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.settings.detection import Limits
from segl_milter.transaction import MOST_STEERING, MOST_SUBJECTS, Address, Mail, Transaction


def collect(
    fields: list[tuple[str, bytes]], chunks: list[bytes], limits: Limits | None = None, recipients: int = 1
) -> Mail:
    transaction = Transaction(Address("<a@nordby.example>"), limits or Limits())
    for number in range(recipients):
        transaction.recipient(Address(f"<b{number}@x.example>"))
    for name, value in fields:
        transaction.header(name, value)
    for chunk in chunks:
        transaction.body(chunk)
    return transaction.whole()


def test_the_message_is_put_together_as_smtp_carried_it() -> None:
    mail = collect(
        [("From", b" a@nordby.example"), ("Subject", b" lang\n\tog foldet"), ("X-Tight", b"x")],
        [b"Hej\r\n", b"\r\nHilsen\r\n"],
    )
    assert mail.raw == (
        b"From: a@nordby.example\r\nSubject: lang\r\n\tog foldet\r\nX-Tight:x\r\n\r\nHej\r\n\r\nHilsen\r\n"
    )
    assert not mail.cut


def test_a_message_without_a_body_ends_after_the_blank_line() -> None:
    assert collect([("From", b" a")], []).raw == b"From: a\r\n\r\n"


def test_the_answers_a_message_names_as_answered_are_noted() -> None:
    ours = b"<segl-answer.%s@nordby.example>" % (b"0a" * 16)
    fields = [("References", b" <1@x.example>\n\t" + ours), ("In-Reply-To", b" <1@x.example>")]
    assert collect(fields, []).answers == {"nordby.example"}
    assert collect([("IN-REPLY-TO", ours)], []).answers == {"nordby.example"}
    assert collect([("Subject", ours)], [ours]).answers == frozenset()


def test_of_many_subjects_the_first_and_the_last_are_kept_with_their_numbers() -> None:
    few = collect([("Subject", b" %d" % number) for number in range(1, MOST_SUBJECTS + 1)], [])
    assert few.more_subjects == 0
    assert [(number, text.strip()) for number, text in few.numbered_subjects()] == [
        (number, str(number)) for number in range(1, MOST_SUBJECTS + 1)
    ]
    many = collect([("Subject", b" %d" % number) for number in range(1, 301)], [])
    assert (len(many.subjects), many.more_subjects) == (MOST_SUBJECTS, 300 - MOST_SUBJECTS)
    *first, last = many.numbered_subjects()
    assert (first, last) == ([(number, f" {number}") for number in range(1, MOST_SUBJECTS)], (300, " 300"))


def test_of_very_many_fields_that_steer_us_the_first_are_noted_and_the_rest_counted() -> None:
    most = collect([("X-Segl-A", b" 1")] * MOST_STEERING, [])
    assert (most.forged, most.more_steering, most.steering[-1]) == (1_000, 0, ("X-Segl-A", 1_000))
    many = collect([("X-Segl-A", b" 1")] * 70_000, [])
    assert (many.forged, many.more_steering, many.steering) == (70_000, 69_000, most.steering)


def test_the_lines_of_the_header_are_counted() -> None:
    assert (
        collect([("From", b" a"), ("Subject", b" lang\n\tog foldet\n tre gange")], [b"x\n" * 9]).header_lines
        == 4
    )


def test_what_steers_us_is_noted_with_its_number_among_fields_of_that_name() -> None:
    mail = collect(
        [
            ("X-Segl-Route", b" plain"),
            ("Received", b" x"),
            ("x-segl-route", b" plain"),
            ("TLS-Required", b" No"),
            ("X-Segl", b" not ours"),
            ("X-Segl-Id", b" 1"),
            ("Authentication-Results", b" mail.x.dk; dkim=pass"),
            ("Authentication-Results", b" mail.x.dk; smime=pass"),
        ],
        [],
    )
    assert mail.steering == (
        ("X-Segl-Route", 1),
        ("x-segl-route", 2),
        ("TLS-Required", 1),
        ("X-Segl-Id", 1),
        ("Authentication-Results", 2),
    )


@given(
    st.lists(st.binary(max_size=50), max_size=10),
    st.integers(min_value=1, max_value=200),
)
def test_no_more_is_kept_than_the_limit_and_the_true_size_is_known(chunks: list[bytes], limit: int) -> None:
    whole = collect([("A", b" b")], chunks)
    mail = collect([("A", b" b")], chunks, Limits(message_bytes=limit))
    assert mail.size == len(whole.raw)
    assert mail.raw == whole.raw[:limit]
    assert mail.cut is (len(whole.raw) > limit)


def test_recipients_beyond_the_limit_are_counted_not_kept() -> None:
    mail = collect([], [], Limits(recipients=3), recipients=5)
    assert [a.bare for a in mail.recipients] == ["b0@x.example", "b1@x.example", "b2@x.example"]
    assert mail.more_recipients == 2


@pytest.mark.parametrize(
    ("given", "bare"),
    [("<a@x.example>", "a@x.example"), ("a@x.example", "a@x.example"), ("<>", ""), ("<", "<")],
)
def test_an_address_is_known_with_and_without_brackets(given: str, bare: str) -> None:
    assert Address(given).bare == bare


def test_an_address_that_is_not_utf8_cannot_be_edited() -> None:
    assert Address("<søren@x.example>").editable
    assert not Address(b"<s\xf8ren@x.example>".decode("utf-8", "surrogateescape")).editable


@pytest.mark.parametrize(
    ("name", "value", "comes_off"),
    [
        ("Subject", b" hej\rSegl-Opened: yes; cipher=aes-256-gcm", True),
        ("X-Other", b" a\r \tAuthentication-Results : mail.x.dk; smime=pass", True),
        ("X-Other", b" a\rX-Other: b\rX-Segl-Open: yes", True),
        ("X-Other", b" a\rAuthentication-Results: mail.x.dk; dkim=pass", False),
        ("X-Other", b" a\rX-Another: Segl-Opened", False),
        ("X-Other", b" a\n Segl-Opened: yes", False),
    ],
)
def test_a_field_that_some_program_sees_behind_a_bare_cr_comes_off(
    name: str, value: bytes, comes_off: bool
) -> None:
    transaction = Transaction(Address("<a@x.example>"), Limits())
    transaction.header(name, value)
    assert transaction.whole().steering == (((name, 1),) if comes_off else ())
