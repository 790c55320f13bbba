"""Messages on hold, and several people who decide at once."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.audit import Act
from segl.errors import SmtpReply
from segl.mail.return_port import Handover, OutcomeUnknown, Refused, ReturnPort, Unreachable
from segl.postfix.hold_queue import Held, HoldQueue
from segl.postfix.hold_texts import TO_OFFICER
from segl.postfix.holding import Decided, Holding, NoPerson, NotTheirs, Release
from segl.settings import Settings
from segl.settings_file import parse_settings
from world.peers import SmtpPeer
from world.ports import free_port

HELD = Held("4jZ6", "ab" * 32, 1_795_575_511.0, 900, "anna@nordby.example", ("bo@x.example",), ("cpr",))


@dataclass(frozen=True, slots=True)
class Queue(HoldQueue):
    """Notes what is done to messages."""

    done: list[str] = field(default_factory=list)

    def must_be_anew(self, queue_id: str, settings: Settings) -> bool:
        return False

    def release(self, queue_id: str, *, anew: bool = False) -> None:
        self.done.append(f"release {queue_id}")

    def delete(self, queue_id: str) -> None:
        self.done.append(f"delete {queue_id}")


@dataclass(frozen=True, slots=True)
class Port(ReturnPort):
    """Takes everything, or nothing while ``down`` is not empty; of ``unknown`` it says nothing after the dot."""

    down: list[bool] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    refused: dict[str, SmtpReply] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)

    def send(self, sender: str, recipients: object, message: object, **_: object) -> Handover:
        if self.down:
            raise Unreachable("the return port does not answer")
        assert isinstance(message, bytes)
        assert isinstance(recipients, list)
        if recipients[0] in self.unknown:
            raise OutcomeUnknown("no answer from the return port")
        if recipients[0] in self.refused:
            return Handover("", {recipients[0]: self.refused[recipients[0]]})
        self.sent.append(message)
        return Handover("1")


@pytest.fixture
def holding(engine: Engine) -> Holding:
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "hold": {"officer": "dpo@nordby.example", "persons": 2},
    }
    return Holding(parse_settings(given), engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))


def done(holding: Holding) -> list[str]:
    assert isinstance(holding.queue, Queue)
    return holding.queue.done


def sent(holding: Holding) -> list[bytes]:
    assert isinstance(holding.port, Port)
    return holding.port.sent


def plain(mail: bytes) -> str:
    """Its text."""
    text = message_from_bytes(mail).get_payload(decode=True)
    assert isinstance(text, bytes)
    return text.decode("utf-8")


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
        assert re.search(r"den 25\. november 2026 kl\. \d\d\.\d\d", text)
        assert "2026-11" not in text


def test_a_reason_without_words_is_told_as_it_is(two: Holding) -> None:
    two.tell([replace(OF_SCHOOL, reasons=("a-new-one",))])
    assert "The reason is: a-new-one." in plain(sent(two)[1])


def test_two_who_agree_in_the_same_moment_are_two(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has seen that nobody had agreed yet."""
    note = Holding._note

    def both(self: Holding, held: Held, act: Act, person: str) -> None:
        if act is Act.RELEASE_ASKED:
            note(self, held, act, "knud")
        note(self, held, act, person)

    monkeypatch.setattr(Holding, "_note", both)
    assert holding.release(HELD, "lise") is Release.RELEASED
    assert done(holding) == ["release 4jZ6"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("lise", "lise (sudo)"), ("lise (sudo)", "lise"), ("Lise (sudo)", "lise (sudo)"), ("lise", "lise")],
)
def test_one_person_under_two_forms_is_one(holding: Holding, first: str, second: str) -> None:
    assert holding.release(HELD, first) is Release.ASKED
    assert holding.release(HELD, second) is Release.AGAIN
    assert done(holding) == []
    assert holding.agreed(HELD) == {"lise"}
    assert holding.release(HELD, "knud (sudo)") is Release.RELEASED


@pytest.mark.parametrize("nobody", ["root", "root (sudo)", "ROOT", "uid 0", "uid 1003", ""])
def test_root_may_be_anybody_and_is_neither_of_the_two(holding: Holding, nobody: str) -> None:
    holding.release(HELD, "lise (sudo)")
    with pytest.raises(NoPerson) as refused:
        holding.release(HELD, nobody)
    assert "sudo segl hold release" in refused.value.hint
    assert holding.agreed(HELD) == {"lise"}
    assert done(holding) == []


def test_what_root_agreed_to_before_counts_for_nobody(holding: Holding) -> None:
    """In a trail that an earlier version wrote."""
    holding._note(HELD, Act.RELEASE_ASKED, "root")
    assert holding.release(HELD, "lise (sudo)") is Release.ASKED
    assert done(holding) == []


def test_where_one_is_enough_it_may_be_root(engine: Engine) -> None:
    given = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})
    alone = Holding(given, engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))
    assert alone.release(HELD, "root") is Release.RELEASED


def test_of_a_message_that_was_released_nobody_is_told_that_it_was_rejected(holding: Holding) -> None:
    holding.release(HELD, "lise")
    holding.release(HELD, "knud")
    with pytest.raises(Decided, match="was released by knud"):
        holding.reject(HELD, "eva")
    assert (done(holding), sent(holding)) == (["release 4jZ6"], [])


def test_also_when_the_release_is_noted_in_the_same_moment(
    holding: Holding, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = Holding._note

    def release_first(self: Holding, held: Held, act: Act, person: str) -> None:
        note(self, held, Act.RELEASED, "knud")
        note(self, held, act, person)

    monkeypatch.setattr(Holding, "_note", release_first)
    with pytest.raises(Decided):
        holding.reject(HELD, "eva")
    assert (done(holding), sent(holding)) == ([], [])


def test_a_rejected_message_is_not_released(holding: Holding) -> None:
    holding.release(HELD, "lise")
    holding.reject(HELD, "eva")
    with pytest.raises(Decided, match="was rejected by eva"):
        holding.release(HELD, "knud")
    assert done(holding) == ["delete 4jZ6"]


def test_while_the_sender_cannot_be_told_nothing_is_deleted_and_a_second_run_ends_it(
    holding: Holding,
) -> None:
    assert isinstance(holding.port, Port)
    holding.port.down.append(True)
    with pytest.raises(Unreachable):
        holding.reject(HELD, "eva")
    assert done(holding) == []
    holding.port.down.clear()
    holding.reject(HELD, "eva")
    assert (done(holding), len(sent(holding))) == (["delete 4jZ6"], 1)


GONE, FULL = SmtpReply(550, "5.1.1", "no such user"), SmtpReply(452, "4.2.2", "mailbox full")


def refuse(holding: Holding, refused: dict[str, SmtpReply]) -> None:
    assert isinstance(holding.port, Port)
    holding.port.refused.clear()
    holding.port.refused.update(refused)


def recipients(holding: Holding) -> list[str]:
    lines = b"".join(sent(holding)).split(b"\r\n")
    sent(holding).clear()
    return [line[4:].decode() for line in lines if line.startswith(b"To: ")]


NEXT = replace(HELD, queue_id="4jZ9", id="ef" * 32, sender="eva@nordby.example")
_OFFICER = "<dpo@nordby.example>"


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


def test_neither_sender_nor_officer_keeps_what_was_rejected_waiting(holding: Holding) -> None:
    refuse(holding, {HELD.sender: GONE, "dpo@nordby.example": GONE})
    assert holding.reject(HELD, "eva") is not None
    assert done(holding) == ["delete 4jZ6"]


def test_while_a_sender_is_refused_for_now_what_was_rejected_waits(holding: Holding) -> None:
    refuse(holding, {HELD.sender: FULL})
    with pytest.raises(Refused, match="mailbox full"):
        holding.reject(HELD, "eva")
    assert done(holding) == []
    refuse(holding, {})
    assert holding.reject(HELD, "eva") is None
    assert done(holding) == ["delete 4jZ6"]


DAY = 86400.0


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


@pytest.fixture
def two(engine: Engine) -> Holding:
    """Two organisations, each with its officer and those who decide."""
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "tenant": [
            {
                "name": "Skolen",
                "domains": ["skole.example"],
                "language": "en",
                "officer": "dpo@skole.example",
                "deciders": ["lise"],
            }
        ],
        "hold": {"officer": "dpo@nordby.example", "persons": 2, "deciders": ["anna", "knud"]},
    }
    return Holding(parse_settings(given), engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))


OF_SCHOOL = Held("4jZ7", "cd" * 32, HELD.arrived, 900, "rektor@skole.example", ("bo@x.example",), ("cpr",))


def test_who_decides_for_one_organisation_has_no_say_about_another(two: Holding) -> None:
    for held, person in (
        (HELD, "lise"),
        (OF_SCHOOL, "anna"),
        (OF_SCHOOL, "knud (sudo)"),
        (OF_SCHOOL, "root"),
    ):
        for act in (two.release, two.reject, partial(two.looked, content=False)):
            with pytest.raises(NotTheirs, match="has no say"):
                act(held, person)
    assert not done(two)
    assert not sent(two), "nobody is told of what did not happen"


def test_who_decides_for_one_has_no_say_about_those_that_name_nobody(engine: Engine) -> None:
    """Neither about the house's; who is named nowhere decides about what nobody in particular does."""
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "tenant": [
            {"name": "Vandet", "domains": ["vand.example"], "deciders": ["lise"]},
            {"name": "Skolen", "domains": ["skole.example"], "staff": ["mona"]},
        ],
    }
    holding = Holding(parse_settings(given), engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))
    of_water = replace(HELD, sender="bo@vand.example")
    may = {
        person: [holding.may_decide(held, person) for held in (HELD, of_water, OF_SCHOOL)]
        for person in ("lise (sudo)", "mona", "root")
    }
    assert may == {
        "lise (sudo)": [False, True, False],
        "mona": [False, False, True],
        "root": [True, False, True],
    }


def test_each_organisation_asks_as_many_people_as_it_says(two: Holding) -> None:
    assert two.release(HELD, "anna") is Release.ASKED
    assert two.release(HELD, "knud (sudo)") is Release.RELEASED
    assert two.release(OF_SCHOOL, "lise (sudo)") is Release.ASKED, "its own number is that of [hold]"


def test_officer_and_texts_are_those_of_the_senders_organisation(two: Holding) -> None:
    two._send(OF_SCHOOL, two.owner(OF_SCHOOL).officer, TO_OFFICER)
    [mail] = [one.decode() for one in sent(two)]
    assert "To: <dpo@skole.example>" in mail
    assert "sikker-besked@skole.example" in mail
    assert "nordby" not in mail.lower()
    stranger = Held("4jZ8", "ef" * 32, HELD.arrived, 900, "x@elsewhere.example", ("bo@x.example",), ("cpr",))
    assert two.owner(stranger).officer == "dpo@nordby.example"
