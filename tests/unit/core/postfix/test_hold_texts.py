"""The mails about messages on hold, in both languages, whatever is filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from string import Formatter

import pytest

from segl.language import Language
from segl.mail.compose import Letter
from segl.postfix.hold_texts import REJECTED, STILL_WAITING, TO_OFFICER, TO_SENDER, HoldTexts

KNOWN = {"id", "sender", "officer", "when", "recipients", "reasons", "why", "messages"}


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("texts", [TO_SENDER, TO_OFFICER, STILL_WAITING, REJECTED])
def test_only_what_is_known_is_filled_in(texts: dict[Language, HoldTexts], language: Language) -> None:
    for paragraph in texts[language].paragraphs:
        assert {name for _, name, _, _ in Formatter().parse(paragraph) if name} <= KNOWN
    assert "{" not in texts[language].subject


def test_a_letter_cannot_be_answered_by_machine_and_nothing_gets_into_its_header() -> None:
    letter = Letter(
        "Nordby\r\nBcc: x@y.example",
        "sikker-besked@nordby.example",
        "anna@nordby.example",
        "Venter\nX: y",
        ("Kære Anna", "{ikke udfyldt} æøå"),
        "da",
        reply_to='"a b"@c.example',
    )
    mail = message_from_bytes(letter.message(datetime(2026, 11, 25, 9, tzinfo=UTC)))
    assert (mail["Auto-Submitted"], mail["Bcc"], mail["X"], mail["Reply-To"]) == (
        "auto-generated",
        None,
        None,
        None,
    )
    assert mail["Date"] == "Wed, 25 Nov 2026 09:00:00 +0000"
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode() == "Kære Anna\r\n\r\n{ikke udfyldt} æøå\r\n"


def test_an_address_that_programs_read_differently_is_left_to_the_envelope() -> None:
    letter = Letter("N", "a@n.example", '"x y"@n.example', "s", ("t",), "en")
    assert b"To: undisclosed-recipients:;" in letter.message(datetime(2026, 1, 1, tzinfo=UTC))
