"""Who is told of a message on hold, in which words, how often, and what when somebody cannot be told."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.audit import Act
from segl.mail.handover import Refused
from segl.mail.return_port import ReturnPort
from segl.postfix.hold_queue import Held
from segl.postfix.hold_texts import TO_OFFICER
from segl.postfix.holding import Holding, Release
from segl.settings.file import parse_settings
from world.holding import FULL, GONE, HELD, OF_SCHOOL, Port, Queue, done, plain, refuse, sent
from world.peers import SmtpPeer
from world.ports import free_port

NEXT = replace(HELD, queue_id="4jZ9", id="ef" * 32, sender="eva@nordby.example")
_OFFICER = "<dpo@nordby.example>"
DAY = 86400.0


def recipients(holding: Holding) -> list[str]:
    lines = b"".join(sent(holding)).split(b"\r\n")
    sent(holding).clear()
    return [line[4:].decode() for line in lines if line.startswith(b"To: ")]


def test_nobody_outside_is_told_what_was_found_or_to_whom_it_goes(holding: Holding) -> None:
    """What names a stranger as its sender may be forged; what only seems to be ours goes on to a stranger."""
    for number, sender in enumerate(("bo@elsewhere.example", "bo%elsewhere.example@nordby.example", "")):
        strange = replace(HELD, id=f"{number:064x}", queue_id=f"4jZ{number}", sender=sender)
        assert holding.tell([strange]) == ([strange], [])
        assert recipients(holding) == [_OFFICER]
        assert holding.reject(strange, "eva", "Ikke til dem.") is None
        assert not sent(holding)
    assert done(holding) == ["delete 4jZ0", "delete 4jZ1", "delete 4jZ2"]


def test_reasons_and_times_are_told_as_people_say_them(holding: Holding) -> None:
    reasons = ("criminal", "unreadable.encrypted", "requested", "policy.jura")
    holding.tell([replace(HELD, reasons=reasons)])
    to_officer, to_sender = map(plain, sent(holding))
    why = (
        "den handler om en persons strafbare forhold; en del af den kunne ikke læses automatisk; "
        "jeres egen regel »jura« kræver det"
    )
    assert f"Grund: {why}\r\n" in to_officer
    assert f"Grunden er: {why}." in to_sender
    for text in (to_officer, to_sender):
        assert re.search(r"den 25\. november 2026 kl\. \d{1,2}\.\d\d", text)
        assert "2026-11" not in text


def test_a_reason_without_words_is_told_as_it_is(two: Holding) -> None:
    two.tell([replace(OF_SCHOOL, reasons=("a-new-one",))])
    assert "The reason is: a-new-one." in plain(sent(two)[1])


def test_one_sender_who_is_refused_keeps_nobody_else_from_being_told(holding: Holding) -> None:
    refuse(holding, {HELD.sender: GONE})
    told, untold = holding.tell([HELD, NEXT])
    assert told == [HELD, NEXT]
    assert [(one.held, one.to) for one in untold] == [(HELD, HELD.sender)]
    assert recipients(holding) == [_OFFICER, _OFFICER, "<eva@nordby.example>"]
    assert holding.tell([HELD, NEXT]) == ([], []), "an address that is not there is not tried each minute"


def test_who_cannot_be_told_now_is_told_later_and_alone(holding: Holding) -> None:
    refuse(holding, {HELD.sender: FULL})
    holding.tell([HELD])
    assert recipients(holding) == [_OFFICER]
    assert [one.to for one in holding.tell([HELD])[1]] == [HELD.sender]
    refuse(holding, {})
    assert holding.tell([HELD]) == ([HELD], [])
    assert recipients(holding) == ["<anna@nordby.example>"], "the officer is not told again"


def test_of_whom_nothing_is_known_keeps_nobody_else_from_being_told(two: Holding) -> None:
    assert isinstance(two.port, Port)
    two.port.unknown.add("dpo@nordby.example")
    told, untold = two.tell([HELD, OF_SCHOOL])
    assert (told, [one.to for one in untold]) == ([HELD, OF_SCHOOL], ["dpo@nordby.example"])
    assert recipients(two) == ["<anna@nordby.example>", "<dpo@skole.example>", "<rektor@skole.example>"]
    two.port.unknown.clear()
    assert two.tell([HELD, OF_SCHOOL]) == ([HELD], [])


@pytest.mark.parametrize(("sender", "again"), [("søren@nordby.example", 1), ("s\udcf8ren@nordby.example", 0)])
def test_an_address_that_the_front_cannot_take_keeps_nobody_else_from_being_told(
    engine: Engine, holding: Holding, sender: str, again: int
) -> None:
    """A front without SMTPUTF8 (which can be changed); a sender whose bytes are no UTF-8, as postqueue(1) tells it."""
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        peer.announces_utf8 = False
        house = replace(holding, port=ReturnPort("127.0.0.1", peer.port, 5))
        odd = replace(HELD, sender=sender)
        told, untold = house.tell([odd, NEXT])
        assert (told, [one.to for one in untold]) == ([odd, NEXT], [sender])
        told_of = [mail.recipients[0] for mail in peer.received]
        assert told_of == ["dpo@nordby.example", "dpo@nordby.example", NEXT.sender]
        assert len(house.tell([odd, NEXT])[1]) == again
        reminded, unreminded = house.remind([odd, NEXT], time.time() + DAY + 1)
        assert (reminded, unreminded) == ({"dpo@nordby.example": [odd, NEXT]}, [])


def test_an_officer_outside_is_told_neither_to_whom_it_goes_nor_why_it_waits(engine: Engine) -> None:
    """Such a mail goes as the front sends it, and mostly the matter is the recipient's."""
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "hold": {"officer": "dpo@raadgiver.example"},
    }
    house = Holding(parse_settings(given), engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))
    held = replace(HELD, recipients=("jens.hansen@gmail.example",), reasons=("criminal", "cpr"))
    house.tell([held])
    house.remind([held], time.time() + DAY + 1)
    refuse(house, {HELD.sender: GONE})
    house.reject(held, "eva")
    first, to_sender, reminder, untold = map(plain, sent(house))
    for text in (first, reminder, untold):
        assert not re.search("jens|gmail|straf|CPR", text)
        assert held.id[:12] in text
        assert "står ikke her" in " ".join(text.split())
    assert "ses på serveren" in first
    assert "på serveren" not in untold, "there it is deleted"
    assert f"sudo segl hold release {held.id}" in first
    assert "En besked fra anna@nordby.example" in first
    assert "jens.hansen@gmail.example" in to_sender
    assert "den handler om en persons strafbare forhold" in to_sender


def test_an_officer_who_is_refused_is_told_when_he_is_there(holding: Holding) -> None:
    refuse(holding, {"dpo@nordby.example": GONE})
    assert [one.to for one in holding.tell([HELD, NEXT])[1]] == ["dpo@nordby.example"] * 2
    assert recipients(holding) == ["<anna@nordby.example>", "<eva@nordby.example>"]
    refuse(holding, {})
    assert holding.tell([HELD, NEXT]) == ([HELD, NEXT], [])
    assert recipients(holding) == [_OFFICER, _OFFICER]


def test_officers_are_reminded_though_one_is_refused(two: Holding) -> None:
    two.tell([HELD, OF_SCHOOL])
    later = time.time() + DAY + 1
    refuse(two, {"dpo@nordby.example": FULL})
    reminded, untold = two.remind([HELD, OF_SCHOOL], later)
    assert (reminded, [one.to for one in untold]) == (
        {"dpo@skole.example": [OF_SCHOOL]},
        ["dpo@nordby.example"],
    )
    refuse(two, {})
    assert two.remind([HELD], later) == ({"dpo@nordby.example": [HELD]}, [])


def test_a_message_whose_sender_is_refused_for_good_is_rejected_and_the_officer_is_told(
    holding: Holding,
) -> None:
    refuse(holding, {HELD.sender: GONE})
    untold = holding.reject(HELD, "eva")
    assert untold is not None
    assert untold.to == HELD.sender
    assert done(holding) == ["delete 4jZ6"]
    [mail] = [one.decode() for one in sent(holding)]
    assert "no such user" in mail
    assert recipients(holding) == [_OFFICER]


def test_an_officer_told_by_a_clock_that_was_ahead_is_reminded_when_it_is_right_again(
    two: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: now + 365 * DAY)
        two.tell([HELD])
    assert two.remind([HELD], now) == ({"dpo@nordby.example": [HELD]}, [])
    assert two.remind([HELD], now) == ({}, []), "once"


def test_the_officer_is_told_again_each_day_in_one_mail(two: Holding) -> None:
    again = replace(HELD, queue_id="4jZ9", id="ef" * 32, reasons=("criminal", "policy.x"))
    assert two.tell([HELD, OF_SCHOOL, again]) == ([HELD, OF_SCHOOL, again], [])
    two.release(HELD, "knud (sudo)")
    sent(two).clear()
    now = time.time()
    assert two.remind([HELD, OF_SCHOOL, again], now) == ({}, []), "they were told a moment ago"
    reminded = two.remind([HELD, OF_SCHOOL, again], now + DAY + 1)
    assert reminded == ({"dpo@nordby.example": [HELD, again], "dpo@skole.example": [OF_SCHOOL]}, [])
    ours, school = (mail.decode() for mail in sent(two))
    assert "To: <dpo@nordby.example>" in ours
    assert f"{HELD.id[:12]}  den 25. november 2026 kl. " in plain(sent(two)[0])
    assert "den indeholder et CPR-nummer  (godkendt af knud)" in plain(sent(two)[0])
    assert again.id[:12] in ours
    assert "skole" not in ours
    assert "These messages still wait" in school


def test_of_a_decision_that_was_not_carried_out_the_officer_is_reminded(two: Holding) -> None:
    """The notice to the sender was refused for now, or the command was killed: it waits, and nobody knows."""
    two.tell([HELD, OF_SCHOOL])
    refuse(two, {HELD.sender: FULL})
    with pytest.raises(Refused):
        two.reject(HELD, "anna")
    refuse(two, {})
    sent(two).clear()
    now = time.time()
    assert two.remind([HELD], now + DAY - 60) == ({}, []), "it may just be on its way"
    assert two.remind([HELD], now + DAY + 1) == ({"dpo@nordby.example": [HELD]}, [])
    [text] = map(plain, sent(two))
    wanted = (
        f"afvist af anna, men ikke slettet; kør den samme kommando igen: sudo segl hold reject {HELD.id[:12]}"
    )
    assert wanted in " ".join(text.split())


@pytest.mark.parametrize("person", ["anna", "knud"])
def test_a_release_that_was_not_carried_out_is_ended_by_either_who_agreed(two: Holding, person: str) -> None:
    assert two.release(HELD, "anna") is Release.ASKED
    two._note(HELD, Act.RELEASED, "knud")  # and his command was killed
    two.remind([HELD], time.time() + DAY + 1)
    assert f"sudo segl hold release {HELD.id[:12]}" in plain(sent(two)[0])
    assert two.release(HELD, person) is Release.RELEASED
    assert done(two) == ["release 4jZ6"]


def test_where_once_is_enough_once_it_is(engine: Engine) -> None:
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "hold": {"officer": "dpo@nordby.example", "remind_hours": 0},
    }
    house = Holding(parse_settings(given), engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))
    house.tell([HELD])
    assert house.remind([HELD], time.time() + 99 * DAY) == ({}, [])


def test_officer_and_texts_are_those_of_the_senders_organisation(two: Holding) -> None:
    two._send(OF_SCHOOL, two.owner(OF_SCHOOL).officer, TO_OFFICER)
    [mail] = [one.decode() for one in sent(two)]
    assert "To: <dpo@skole.example>" in mail
    assert "sikker-besked@skole.example" in mail
    assert "nordby" not in mail.lower()
    stranger = Held("4jZ8", "ef" * 32, HELD.arrived, 900, "x@elsewhere.example", ("bo@x.example",), ("cpr",))
    assert two.owner(stranger).officer == "dpo@nordby.example"
