"""Messages on hold, and who decides about them: several people, at once, each for his own organisation."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.audit import Act
from segl.mail.handover import Refused, Unreachable
from segl.postfix.hold_queue import Held
from segl.postfix.holding import Decided, Holding, NoPerson, NotTheirs, Release
from segl.settings.file import parse_settings
from world.holding import FULL, GONE, HELD, OF_SCHOOL, Port, Queue, done, refuse, sent


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
