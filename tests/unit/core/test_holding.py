"""Messages on hold, and several people who decide at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from sqlalchemy.engine import Engine

from segl.audit import Act
from segl.errors import PostfixError, SmtpReply
from segl.mail.return_port import Handover, Refused, ReturnPort, Unreachable
from segl.postfix import hold_queue
from segl.postfix.hold_queue import Held, HoldQueue
from segl.postfix.hold_texts import TO_OFFICER
from segl.postfix.holding import Decided, Holding, NoPerson, NotTheirs, Release
from segl.settings_file import parse_settings
from segl.store import open_store

HELD = Held("4jZ6", "ab" * 32, 1_795_575_511.0, 900, "anna@nordby.example", ("bo@x.example",), ("cpr",))


@dataclass(frozen=True, slots=True)
class Queue(HoldQueue):
    """Notes what is done to messages."""

    done: list[str] = field(default_factory=list)

    def release(self, queue_id: str) -> None:
        self.done.append(f"release {queue_id}")

    def delete(self, queue_id: str) -> None:
        self.done.append(f"delete {queue_id}")


@dataclass(frozen=True, slots=True)
class Port(ReturnPort):
    """Takes everything, or nothing while ``down`` is not empty."""

    down: list[bool] = field(default_factory=list)
    refused: dict[str, SmtpReply] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)

    def send(self, sender: str, recipients: object, message: object, **_: object) -> Handover:
        if self.down:
            raise Unreachable("the return port does not answer")
        assert isinstance(message, bytes)
        assert isinstance(recipients, list)
        if recipients[0] in self.refused:
            return Handover("", {recipients[0]: self.refused[recipients[0]]})
        self.sent.append(message)
        return Handover("1")


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    engine = open_store(store_url)
    yield engine
    engine.dispose()


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
    assert isinstance(holding.return_port, Port)
    return holding.return_port.sent


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
    assert isinstance(holding.return_port, Port)
    holding.return_port.down.append(True)
    with pytest.raises(Unreachable):
        holding.reject(HELD, "eva")
    assert done(holding) == []
    holding.return_port.down.clear()
    holding.reject(HELD, "eva")
    assert (done(holding), len(sent(holding))) == (["delete 4jZ6"], 1)


GONE, FULL = SmtpReply(550, "5.1.1", "no such user"), SmtpReply(452, "4.2.2", "mailbox full")


def refuse(holding: Holding, refused: dict[str, SmtpReply]) -> None:
    assert isinstance(holding.return_port, Port)
    holding.return_port.refused.clear()
    holding.return_port.refused.update(refused)


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


def test_what_waits_is_found_behind_a_long_queue_and_with_any_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Postfix lists the hold queue last; a line separator (U+2028) may stand in an address."""
    recipients = [{"address": "bo\u2028@x.example"}]
    message = {
        "queue_id": "4jZ6",
        "arrival_time": 1,
        "message_size": 2,
        "sender": "",
        "recipients": recipients,
    }
    busy = json.dumps({**message, "queue_name": "deferred"})
    listed = "\n".join([*[busy] * 12_000, json.dumps({**message, "queue_name": "hold"}, ensure_ascii=False)])

    def run(command: list[str], **_: object) -> CompletedProcess[str]:
        header = f"X-Segl-Hold: cpr\nX-Segl-Id: {HELD.id}\n\n"
        return CompletedProcess(command, 0, listed if "-j" in command else header, "")

    monkeypatch.setattr(hold_queue, "run_postfix", run)
    waiting = HoldQueue(Path("/nowhere")).waiting()
    [found] = waiting.held
    assert (found.id, found.recipients) == (HELD.id, ("bo\u2028@x.example",))
    assert (waiting.unread, waiting.beyond) == ((), 0)
    monkeypatch.setattr(hold_queue, "run_postfix", lambda *_: CompletedProcess([], 1, "", "no"))
    with pytest.raises(PostfixError):
        HoldQueue(Path("/nowhere")).waiting()


def listed(*queue_ids: str) -> str:
    """What postqueue -j says of messages on hold."""
    common = {"queue_name": "hold", "message_size": 2, "sender": "a@nordby.example", "recipients": []}
    return "\n".join(
        json.dumps({**common, "queue_id": queue_id, "arrival_time": number})
        for number, queue_id in enumerate(queue_ids)
    )


def test_what_cannot_be_read_is_told_and_what_is_gone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "4ours": (0, f"X-Segl-Hold: cpr\nX-Segl-Id: {HELD.id}\n\n", ""),
        "4other": (0, "Subject: x\n\n", ""),
        "4gone": (1, "", "postcat: fatal: open queue file 4gone: No such file or directory"),
        "4bad": (1, "", "postcat: fatal: 4bad: malformed queue file"),
    }

    def run(command: list[str], **_: object) -> CompletedProcess[str]:
        if "-j" in command:
            return CompletedProcess(command, 0, listed(*said), "")
        return CompletedProcess(command, *said[command[-1]])

    monkeypatch.setattr(hold_queue, "run_postfix", run)
    queue = HoldQueue(Path("/nowhere"))
    waiting = queue.waiting()
    assert [held.queue_id for held in waiting.held] == ["4ours"]
    assert [(one.listed.queue_id, one.why) for one in waiting.unread] == [("4bad", said["4bad"][2])]
    assert [held.id for held in queue.find("4ours", prefix=True)] == [HELD.id]
    assert [held.id for held in queue.find(HELD.id[:8], prefix=True)] == [HELD.id]
    assert queue.find(HELD.id[:4], prefix=False) == queue.find("4gone", prefix=True) == []
    with pytest.raises(PostfixError, match="malformed"):
        queue.find("4bad", prefix=True)


def test_of_very_many_the_oldest_are_looked_at_the_rest_is_counted_and_each_is_found_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"4m{number}" for number in range(7)]
    looked: list[str] = []

    def run(command: list[str], **_: object) -> CompletedProcess[str]:
        if "-j" in command:
            return CompletedProcess(command, 0, listed(*names), "")
        looked.append(command[-1])
        return CompletedProcess(command, 0, f"X-Segl-Hold: cpr\nX-Segl-Id: {command[-1]}\n\n", "")

    monkeypatch.setattr(hold_queue, "MOST", 5)
    monkeypatch.setattr(hold_queue, "run_postfix", run)
    queue = HoldQueue(Path("/nowhere"))
    waiting = queue.waiting()
    assert ([held.queue_id for held in waiting.held], waiting.beyond) == (names[:5], 2)
    looked.clear()
    assert [held.queue_id for held in queue.find("4m6", prefix=True)] == ["4m6"]
    assert looked == ["4m6"]


def test_where_there_is_no_postfix_that_is_what_is_said(tmp_path: Path) -> None:
    with pytest.raises(PostfixError, match="there is no Postfix configuration in") as none:
        HoldQueue(tmp_path).waiting()
    assert "root" not in none.value.hint


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
    assert f"{HELD.id[:12]}  2026-11-" in ours
    assert "(godkendt af knud)" in ours.replace("=\r\n", "")
    assert again.id[:12] in ours
    assert "skole" not in ours
    assert "These messages have not been decided" in school


def test_of_what_is_decided_nobody_is_reminded(two: Holding) -> None:
    two.tell([HELD, OF_SCHOOL])
    two.release(HELD, "anna")
    two.release(HELD, "knud")
    assert two.remind([HELD], time.time() + 9 * DAY) == ({}, []), (
        "it has gone, or goes by the same command once more"
    )


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
        for act in (two.release, two.reject, two.looked):
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
