"""How a search for certificates ends, how long that is believed, and what becomes of a don't-know.

Sources and clock are the test's; chains, store and memory are the real ones.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from segl.certificates.chain import Authorities
from segl.certificates.judgement import fingerprint
from segl.certificates.records import CertificateRecords, Revocation
from segl.errors import RoutingError
from segl.events import Events
from segl.settings.certificates import Certificates, RevocationUnknown
from segl.store.engine import open_store
from segl.vocabulary import Known
from segl_routing.certificates.finder import CertificateFinder
from segl_routing.certificates.knowledge import CertificateKnowledge
from segl_routing.certificates.revocation import RevocationChecks
from segl_routing.certificates.sources import Answer, Offer
from segl_routing.certificates.standing import RevocationStanding
from segl_routing.states import CertificateState
from world.authority import Authority, Issued
from world.stores import store_in

pytestmark = pytest.mark.usefixtures("both_stores")


T = TypeVar("T")
ROOT = Authority("Rod-CA")
BO = ROOT.issue("bo@x.example")
NEWER = ROOT.issue("bo@x.example", begins=-1)
OTHER = ROOT.issue("bo@x.example", begins=-20)
ADDRESS = "bo@x.example"
DOWN = Answer.unknown("no answer in 5 seconds")
NONE = Answer(Known.NO, "has none")


def offers(*issued: Issued, **how: bool) -> Answer:
    return Answer.of([Offer(one.certificate, **how) for one in issued], "has none")  # type: ignore[arg-type]


@dataclass
class FakeSource:
    """Answers what it is told to."""

    name: str
    answer: Answer | Exception = NONE
    takes: float = 0.0
    asked: int = 0

    async def ask(self, _address: str) -> Answer:
        self.asked += 1
        await asyncio.sleep(self.takes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        return


class Word(RevocationChecks):
    """An authority whose word on revocation is the test's."""

    def __init__(self) -> None:
        self.said = RevocationStanding(Revocation.GOOD, "good")
        self.said_of: dict[str, RevocationStanding] = {}

    async def standing(self, chain: Any) -> RevocationStanding:
        return self.said_of.get(fingerprint(chain[0]), self.said)


@dataclass
class Desk:
    directory: Path
    settings: Certificates = field(default_factory=Certificates)
    first: FakeSource = field(default_factory=lambda: FakeSource("first", offers(BO)))
    second: FakeSource = field(default_factory=lambda: FakeSource("second"))
    now: float = field(default_factory=lambda: datetime.datetime.now().timestamp())

    def __post_init__(self) -> None:
        self.word = Word()
        self.engine = open_store(store_in(self.directory))
        self.records = CertificateRecords(self.engine)
        self.finder = CertificateFinder(
            self.settings,
            [self.first, self.second],
            Authorities([ROOT.certificate]),
            self.word,
            clock=lambda: self.now,
        )
        self.knowledge = self.fresh()

    def fresh(self) -> CertificateKnowledge:
        """As after a restart: the store is the same."""
        return CertificateKnowledge(
            self.finder, self.records, self.settings, Events("test"), clock=lambda: self.now
        )

    async def find(self, within: float = 5.0) -> CertificateState:
        return await self.knowledge.find(ADDRESS, within)


def run(desk: Desk, story: Callable[[Desk], Awaitable[T]]) -> T:
    async def told() -> T:
        try:
            return await story(desk)
        finally:
            await desk.knowledge.stop()
            desk.engine.dispose()

    return asyncio.run(told())


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


# how a search ends


@pytest.mark.parametrize(
    ("first", "second", "known", "reason"),
    [
        (offers(BO), NONE, Known.YES, "(first), valid until"),
        (NONE, offers(BO), Known.YES, "(second)"),
        (DOWN, offers(BO), Known.YES, "(second)"),
        (NONE, NONE, Known.NO, "first: has none; second: has none"),
        (NONE, DOWN, Known.UNKNOWN, "second: no answer"),
        (DOWN, NONE, Known.UNKNOWN, "first: no answer"),
        (offers(ROOT.issue("eva@x.example")), NONE, Known.NO, "another address"),
        (offers(ROOT.issue("eva@x.example"), bound=True), NONE, Known.YES, ""),
        (offers(Authority("Rod-CA").issue(ADDRESS)), NONE, Known.NO, "trusted authority"),
        (offers(Authority("Rod-CA").issue(ADDRESS), vouched=True), NONE, Known.YES, ""),
        (offers(ROOT.issue(ADDRESS, ends=-1)), offers(BO), Known.YES, "(second)"),
    ],
)
def test_how_a_search_ends(tmp_path: Path, first: Answer, second: Answer, known: Known, reason: str) -> None:
    desk = Desk(tmp_path, first=FakeSource("first", first), second=FakeSource("second", second))
    state = run(desk, lambda desk: desk.find())
    assert state.known is known
    assert reason in state.reason


def test_a_source_with_a_good_one_ends_the_search(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    run(desk, lambda desk: desk.find())
    assert desk.second.asked == 0


@pytest.mark.parametrize(
    ("said", "policy", "known", "standing"),
    [
        (
            RevocationStanding(Revocation.REVOKED, "revoked on 2026-11-01"),
            RevocationUnknown.USE,
            Known.NO,
            None,
        ),
        (
            RevocationStanding.unknown("the list cannot be reached"),
            RevocationUnknown.REFUSE,
            Known.UNKNOWN,
            None,
        ),
        (
            RevocationStanding.unknown("names no place", lasting=True),
            RevocationUnknown.REFUSE,
            Known.NO,
            None,
        ),
        (
            RevocationStanding.unknown("the list cannot be reached"),
            RevocationUnknown.USE,
            Known.YES,
            "unknown",
        ),
        (RevocationStanding(Revocation.GOOD, "good"), RevocationUnknown.REFUSE, Known.YES, "good"),
    ],
)
def test_what_the_word_on_revocation_comes_to(
    tmp_path: Path, said: RevocationStanding, policy: RevocationUnknown, known: Known, standing: str | None
) -> None:
    desk = Desk(tmp_path, Certificates(revocation_unknown=policy))
    desk.word.said = said
    assert run(desk, lambda desk: desk.find()).known is known
    assert [row.standing for row in desk.records.found(ADDRESS)] == ([standing] if standing else [])


@pytest.mark.parametrize(("all_keys", "expected"), [(False, [NEWER]), (True, [NEWER, BO])])
def test_the_newest_is_chosen_or_all(tmp_path: Path, all_keys: bool, expected: list[Issued]) -> None:
    desk = Desk(tmp_path, Certificates(all_keys=all_keys), FakeSource("first", offers(BO, NEWER, BO)))
    run(desk, lambda desk: desk.find())
    found = {row.fingerprint for row in desk.records.found(ADDRESS)}
    assert found == {one.fingerprint for one in expected}


# how long it is believed


SILENT = RevocationStanding.unknown("its authority does not answer")
REVOKED = RevocationStanding(Revocation.REVOKED, "revoked on 2026-11-01")


@pytest.mark.parametrize(
    ("first", "second", "in_doubt", "known"),
    [
        (offers(BO, NEWER), NONE, NEWER, Known.UNKNOWN),
        (offers(NEWER), offers(BO), NEWER, Known.UNKNOWN),
        (offers(BO, NEWER), NONE, BO, Known.YES),
        (offers(BO), offers(NEWER), BO, Known.YES),
    ],
)
def test_an_older_one_does_not_stand_in_for_the_newest_of_which_nobody_says_whether_it_was_revoked(
    tmp_path: Path, first: Answer, second: Answer, in_doubt: Issued, known: Known
) -> None:
    """The older key may have gone with the card or the computer that it was on."""
    desk = Desk(tmp_path, first=FakeSource("first", first), second=FakeSource("second", second))
    desk.word.said_of = {in_doubt.fingerprint: SILENT}
    state = run(desk, lambda desk: desk.find())
    assert state.known is known
    assert "its authority does not answer" in state.reason or known is Known.YES
    assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [NEWER.fingerprint][
        known is not Known.YES :
    ]


def test_what_the_better_source_had_holds_while_it_cannot_be_asked_and_then_the_next_ones_for_a_moment(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.first.answer = DOWN
        desk.now += 0.85 * 0.9 * 3600
        await desk.find()
        await until(lambda: desk.second.asked == 1 and not desk.knowledge._refreshing)
        assert (await desk.find()).known is Known.YES
        assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [NEWER.fingerprint]
        desk.now += 0.2 * 0.9 * 3600
        assert (await desk.find()).known is Known.YES
        assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [BO.fingerprint]
        desk.first.answer = offers(NEWER)
        desk.now += 901
        assert (await desk.find()).known is Known.YES
        assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [NEWER.fingerprint]

    run(
        Desk(tmp_path, first=FakeSource("first", offers(NEWER)), second=FakeSource("second", offers(BO))),
        story,
    )


@pytest.mark.parametrize(("revoked", "known"), [(BO, Known.UNKNOWN), (OTHER, Known.YES)])
def test_what_is_found_to_be_revoked_counts_no_more_though_something_else_cannot_be_told(
    tmp_path: Path, revoked: Issued, known: Known
) -> None:
    """The one that is used, not any that was revoked once; the other source is down."""

    async def story(desk: Desk) -> None:
        assert (await desk.find()).known is Known.YES
        desk.second.answer, desk.word.said = DOWN, SILENT
        desk.word.said_of = {revoked.fingerprint: REVOKED}
        desk.now += 0.85 * 0.9 * 3600
        await desk.find()
        await until(lambda: desk.second.asked == 1 and not desk.knowledge._refreshing)
        desk.now += 11
        assert (await desk.find()).known is known
        assert bool(desk.records.found(ADDRESS)) is (known is Known.YES)

    run(Desk(tmp_path, first=FakeSource("first", offers(OTHER, BO))), story)


def test_yes_is_in_the_store_before_it_is_said(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert (await desk.find()).known is Known.YES
        [row] = desk.records.found(ADDRESS)
        assert row.good_until == pytest.approx(desk.now + 3600, abs=1)

    run(Desk(tmp_path), story)


def test_without_a_store_nothing_is_said_to_be_good(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        with desk.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE recipient_certificate")
        state = await desk.find()
        assert state.known is Known.UNKNOWN
        assert "store" in state.reason

    run(Desk(tmp_path), story)


def test_a_fault_of_ours_at_the_store_is_told_and_the_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(desk: Desk) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("nobody foresaw it")

        with monkeypatch.context() as broken:
            broken.setattr(CertificateRecords, "lookup", fail)
            broken.setattr(CertificateRecords, "prune", fail)
            desk.knowledge.prune(desk.now)
            assert (await desk.find()).known is Known.YES, "searched for, as if nothing were kept"
            broken.setattr(CertificateRecords, "record", fail)
            state = await desk.knowledge.find("eva@x.example", 5)
            assert (state.known, "store" in state.reason) == (Known.UNKNOWN, True)

    run(Desk(tmp_path), story)


def test_the_route_ends_before_the_certificate_may_no_longer_be_used(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.word.said = RevocationStanding(
            Revocation.GOOD,
            "good",
            datetime.datetime.fromtimestamp(desk.now + 100, datetime.UTC),
        )
        await desk.find()
        [row] = desk.records.found(ADDRESS)
        assert row.good_until == pytest.approx(desk.now + 100)
        desk.word.said = RevocationStanding(Revocation.REVOKED, "revoked")
        desk.now += 91
        assert desk.knowledge.recall(ADDRESS) is None
        assert (await desk.find()).known is Known.NO
        assert desk.records.found(ADDRESS) == []

    run(Desk(tmp_path), story)


def test_what_is_good_is_looked_at_anew_while_it_still_counts(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.first.answer = DOWN
        desk.now += 0.85 * 0.9 * 3600
        assert (await desk.find()).known is Known.YES  # and a search has begun, which finds nobody at home
        await until(lambda: desk.first.asked == 2)
        assert (await desk.find()).known is Known.YES
        assert desk.records.found(ADDRESS)

    run(Desk(tmp_path), story)


def test_memory_saves_the_search_and_a_restart_reads_the_store(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for _ in range(3):
            await desk.find()
        desk.now += 30
        await desk.find()
        before, desk.knowledge = desk.knowledge, desk.fresh()
        await before.stop()
        assert (await desk.find()).known is Known.YES
        assert desk.first.asked == 1

    run(Desk(tmp_path), story)


def test_what_is_forgotten_in_the_store_is_searched_anew_soon(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.records.forget(ADDRESS)
        desk.now += 11
        desk.first.answer = NONE
        assert (await desk.find()).known is Known.NO

    run(Desk(tmp_path), story)


def test_that_there_is_none_is_believed_for_a_shorter_time(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.first.answer = NONE
        assert (await desk.find()).known is Known.NO
        desk.first.answer = offers(BO)
        desk.now += 890
        assert (await desk.find()).known is Known.NO
        desk.now += 20
        assert (await desk.find()).known is Known.YES

    run(Desk(tmp_path), story)


# don't know


def test_a_directory_that_is_down_holds_a_recipient_for_its_time_and_no_longer(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.first.answer = DOWN
        assert (await desk.find()).known is Known.UNKNOWN
        for _ in range(9):
            desk.now += 31
            assert (await desk.find()).known is Known.UNKNOWN
        desk.now += 31  # 310 seconds
        state = await desk.find()
        assert state.known is Known.NO
        assert "could not be asked for 5 minutes" in state.reason
        await until(
            lambda: (kept := desk.records.lookup(ADDRESS)) is not None and kept.checked_at == desk.now
        )
        desk.first.answer = offers(BO)
        desk.now += 700  # it is asked again behind his back, and then it is there
        await desk.find()
        await until(lambda: bool(desk.records.found(ADDRESS)))
        desk.now += 11
        assert (await desk.find()).known is Known.YES

    run(Desk(tmp_path), story)


def test_a_fault_of_ours_is_a_dont_know(tmp_path: Path) -> None:
    desk = Desk(tmp_path, first=FakeSource("first", ZeroDivisionError()))
    assert run(desk, lambda desk: desk.find()).known is Known.UNKNOWN


def test_one_search_for_all_who_ask_and_it_goes_on(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.first.takes = 0.2
        with pytest.raises(RoutingError, match="still looking"):
            await desk.find(0.01)
        found = await asyncio.gather(*(desk.find() for _ in range(50)))
        assert {state.known for state in found} == {Known.YES}
        assert desk.first.asked == 1

    run(Desk(tmp_path), story)


@pytest.mark.parametrize("life", [0.0, 0.85])
def test_new_settings_forget_what_is_just_being_read_or_looked_at_anew(tmp_path: Path, life: float) -> None:
    """The store has answered with what the old ones judged good; nobody can be asked now."""

    async def story(desk: Desk) -> None:
        await desk.find()
        lookup = desk.records.lookup(ADDRESS)
        assert lookup is not None
        desk.now += life * (lookup.expires_at - lookup.checked_at)
        desk.first.answer, desk.first.takes = DOWN, 0.1
        desk.knowledge = desk.fresh()
        run_, changes = desk.knowledge._store.run, ["another"]

        async def then_change(action: Callable[[], T]) -> T | None:
            found = await run_(action)
            if not life and changes:
                desk.knowledge.change(desk.finder, desk.settings, changes.pop())
            return found

        desk.knowledge._store.run = then_change  # type: ignore[method-assign]
        first = await desk.find()
        if life:  # it still counts, and is looked at anew in the background
            assert first.known is Known.YES
            await asyncio.sleep(0.05)
            desk.knowledge.change(desk.finder, desk.settings, changes.pop())
            await until(lambda: not desk.knowledge._refreshing)
            first = await desk.find()
        assert first.known is Known.UNKNOWN

    run(Desk(tmp_path), story)


def test_new_settings_judge_anew(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.first.answer = NONE
        desk.knowledge.change(desk.finder, desk.settings, "another")
        assert (await desk.find()).known is Known.NO
        assert desk.records.found(ADDRESS) == []

    run(Desk(tmp_path), story)


@pytest.mark.parametrize("address", ["bo", "", "b\0o@x.example", "bo@[192.0.2.1]"])
def test_what_is_no_mailbox_is_not_searched_for(tmp_path: Path, address: str) -> None:
    desk = Desk(tmp_path)
    state = desk.knowledge.recall(address)
    assert state is not None
    assert state.known is Known.NO
    run(desk, lambda _: asyncio.sleep(0))
