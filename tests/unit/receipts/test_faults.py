"""A sender whose copy did not arrive is told what is true: who found the fault decides the words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segl.receipts.states import Line, State
from segl_delivery.receipts.faults import TEXTS, advice, is_unsure, said

UNANSWERED = "while sending end of data -- message may be sent more than once"  # Postfix's words


def failed(status: str, host: str = "", detail: str = "") -> Line:
    return Line("bo@x.example", "bo@x.example", State.FAILED, 1.0, status=status, detail=detail, host=host)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.4.4", "has no mail server"),  # segl-map's own answers
        ("5.1.2", "no such domain"),
        ("5.1.10", "takes no mail"),
        ("5.1.3", "is written wrongly"),
        ("5.7.0", "found no secure way"),
        ("5.6.0", "Write [sms:address=number]"),
        ("5.6.6", "You took the message back"),
        ("5.4.6", "Our own mail system could not send it"),  # a loop
        ("5.6.7", "The subject of the mail or another field has letters"),
        ("5.3.4", "too large to be sent"),
        ("5.3.0", "Our own mail system could not send it"),
        ("", "Our own mail system could not send it"),
        ("4.3.0", "or our own mail system could not send it"),
        ("4.7.5", "no secure connection"),
    ],
)
def test_what_no_server_outside_said_is_not_laid_at_its_door(status: str, words: str) -> None:
    text = advice(failed(status), "en")
    assert words in text
    assert "refused" not in text
    assert "asked us to wait" not in text
    assert "for the recipient" not in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.7.1", "The recipient's mail server does not take it"),
        ("5.3.4", "too large for the recipient"),
        ("5.1.1", "no such address"),
        ("5.1.10", "takes no mail"),
        ("5.1.8", "refused"),  # it is the sender's address that it found fault with
        ("5.4.4", "refused"),
        ("5.0.0", "refused"),
        ("4.2.2", "asked us to wait"),
    ],
)
def test_what_the_recipients_server_said_is_told_as_its_word(status: str, words: str) -> None:
    assert words in advice(failed(status, "mx.x.example"), "en")


def test_an_address_that_a_server_cannot_write_is_told_of_where_it_is_the_address() -> None:
    """Postfix says 5.6.7 of a subject in UTF-8 as well, as programs leave it that hand in mail by sendmail(1)."""
    line = replace(failed("5.6.7"), recipient="bø@x.example")
    assert advice(line, "da").startswith("Adressen har bogstaver")
    assert advice(failed("5.6.7", "mx.x.example"), "da").startswith("Mailens emne eller et andet felt")


@pytest.mark.parametrize(
    ("detail", "unsure"),
    [
        (f"lost connection with mx.x.example[192.0.2.1] {UNANSWERED}", True),
        (f"conversation with mx.x.example[2001:db8::1] timed out {UNANSWERED}", True),
        ("lost connection with mx.x.example[192.0.2.1] while sending message body", False),
        (f"lost connection with mail.nordby.example[/run/segl/portal.sock] {UNANSWERED}", False),  # ours
        (f"lost connection with 127.0.x.x[127.0.x.x] {UNANSWERED}", False),  # the return port
    ],
)
def test_what_was_given_out_whole_may_have_been_taken(detail: str, unsure: bool) -> None:
    """Five copies had come when a receipt said "no secure connection came about, send it again"."""
    assert ("may have it" in advice(failed("4.4.2", detail=detail), "en")) is unsure
    assert is_unsure(failed("4.4.2", "mx.x.example", detail)) is False  # a stranger's words


def test_whose_words_are_quoted_is_said() -> None:
    assert said(failed("5.7.1", "mx.x.example", "no"), "da") == "Svaret var: no"
    assert said(failed("5.7.0", "", "no secure way"), "da") == "Vores eget mailsystem skrev: no secure way"
    assert said(failed("5.7.0"), "da") == ""


def test_both_languages_know_the_same_faults() -> None:
    assert TEXTS["da"].outside.keys() == TEXTS["en"].outside.keys()
    assert TEXTS["da"].own.keys() == TEXTS["en"].own.keys()
