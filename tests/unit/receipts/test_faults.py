"""A sender whose copy did not arrive is told what is true: who found the fault decides the words."""

from __future__ import annotations

import pytest

from segl.receipts.states import Line, State
from segl_delivery.receipts.faults import TEXTS, advice, said


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
        ("5.6.7", "letters that the recipient's mail server cannot use"),
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


def test_whose_words_are_quoted_is_said() -> None:
    assert said(failed("5.7.1", "mx.x.example", "no"), "da") == "Svaret var: no"
    assert said(failed("5.7.0", "", "no secure way"), "da") == "Vores eget mailsystem skrev: no secure way"
    assert said(failed("5.7.0"), "da") == ""


def test_both_languages_know_the_same_faults() -> None:
    assert TEXTS["da"].outside.keys() == TEXTS["en"].outside.keys()
    assert TEXTS["da"].own.keys() == TEXTS["en"].own.keys()
