"""How long what a search for certificates found is believed, by memory and store, and who searches anew."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from certificate_desk import (
    ADDRESS,
    BO,
    DOWN,
    NONE,
    Desk,
    FakeSource,
    offers,
    run,
    until,
)
from segl.certificates.records import CertificateRecords, Revocation
from segl.errors import RoutingError
from segl.vocabulary import Known
from segl_routing.certificates.standing import RevocationStanding

pytestmark = pytest.mark.usefixtures("both_stores")

T = TypeVar("T")


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
        assert row.good_until == pytest.approx(desk.now + 100, abs=1)
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


def test_a_directory_that_is_back_is_asked_again_within_half_a_minute(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.first.answer = DOWN
        assert (await desk.find()).known is Known.UNKNOWN
        desk.first.answer = offers(BO)
        desk.now += 31
        assert (await desk.find()).known is Known.YES

    run(Desk(tmp_path), story)


def test_what_was_found_by_a_clock_since_set_back_is_looked_for_anew(tmp_path: Path) -> None:
    """Or it would be believed, and a recipient wait, until that day comes once more."""

    async def story(desk: Desk) -> None:
        desk.now += 86_400
        desk.first.answer = NONE
        assert (await desk.find()).known is Known.NO
        desk.now -= 86_400
        desk.first.answer = offers(BO)
        assert (await desk.find()).known is Known.YES
        desk.records.forget(ADDRESS)
        desk.now += 86_400
        desk.first.answer = DOWN
        assert (await desk.find()).known is Known.UNKNOWN
        desk.now -= 86_400
        for _ in range(11):
            found = await desk.find()
            desk.now += 31
        assert (found.known, (await desk.find()).known) == (Known.NO, Known.NO)

    run(Desk(tmp_path), story)


def test_a_directory_that_was_down_last_year_and_is_down_now_is_waited_for(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.first.answer = DOWN
        for _ in range(2):
            assert (await desk.find()).known is Known.UNKNOWN
            desk.now += 365 * 86_400

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

        async def then_change(action: Callable[[], T], *, late: bool = False) -> T | None:
            found = await run_(action, late=late)
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
