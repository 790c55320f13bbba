"""What is known of domains: one look-up for all who ask, and what is announced is looked for ahead.

The clock and the live check are the test's; memory and singleflight are the real ones.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from segl.errors import RoutingError
from segl.events import Events
from segl.vocabulary import Known
from segl_routing.proofs import knowledge as knowledge_module
from segl_routing.proofs.archive import NoArchive
from segl_routing.proofs.facts import Checked, DomainFacts
from segl_routing.proofs.knowledge import Knowledge
from world.lookups import DOMAIN, ROUTING, YES, LookUps, run, tls

# one look-up for all


def test_a_hundred_who_ask_at_once_cause_one_check() -> None:
    async def story(desk: LookUps) -> None:
        desk.takes = 0.05
        found = await asyncio.gather(*(desk.find() for _ in range(100)))
        assert {tls(facts) for facts in found} == {Known.YES}
        assert desk.asked == [DOMAIN]

    run(story)


def test_who_cannot_wait_is_told_so_and_the_check_goes_on() -> None:
    async def story(desk: LookUps) -> None:
        desk.takes = 0.1
        for nothing in (0, -0.004):  # another look-up has taken what there was
            with pytest.raises(RoutingError) as told:
                await desk.find(within=nothing)
            assert told.value.private == f"{DOMAIN}: still looking, and no time is left to wait"
        assert desk.recall() is None
        async with asyncio.timeout(30):
            while (facts := desk.recall()) is None:  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.01)
        assert tls(facts) is Known.YES
        assert desk.asked == [DOMAIN]

    run(story)


def test_a_check_that_fails_is_a_doubt_not_a_no() -> None:
    async def story(desk: LookUps) -> None:
        desk.world = ZeroDivisionError("a fault of ours")
        assert tls(await desk.find()) is Known.UNKNOWN

    run(story)


def test_a_check_that_never_ends_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "CHECK_SECONDS", 0.05)

    async def story(desk: LookUps) -> None:
        desk.takes = 3600
        assert tls(await desk.find()) is Known.UNKNOWN

    run(story)


def test_too_many_checks_at_once_are_refused_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "MAX_WAITING", 10)

    async def story(desk: LookUps) -> None:
        desk.takes = 0.2
        asked = [asyncio.create_task(desk.find(f"d{n}.example")) for n in range(12)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(outcome, RoutingError) for outcome in outcomes) == 2
        assert sum(isinstance(outcome, DomainFacts) for outcome in outcomes) == 10

    run(story)


def test_checks_run_a_bounded_number_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "MAX_CHECKS", 4)
    at_once, most = 0, 0

    async def check(_domain: str) -> Checked:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1
        return YES

    async def story() -> None:
        knowledge = Knowledge(check, NoArchive(), ROUTING, Events("test"))
        await asyncio.gather(*(knowledge.find(f"d{n}.example", 30) for n in range(40)))

    asyncio.run(story())
    assert most == 4


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "MAX_DOMAINS", 3)

    async def story(desk: LookUps) -> None:
        for number in range(5):
            await desk.find(f"d{number}.example")
            desk.knowledge.recall("d0.example")
        assert len(desk.knowledge) == 3
        assert desk.knowledge.last("d0.example") is not None, "the longest unused go first"
        assert desk.knowledge.last("d1.example") is None

    run(story)


# announcements


def test_what_is_announced_is_looked_for_ahead() -> None:
    async def story(desk: LookUps) -> None:
        for _ in range(3):
            desk.knowledge.expect(DOMAIN)
        await asyncio.sleep(0.01)
        assert tls(desk.recall()) is Known.YES
        desk.knowledge.expect(DOMAIN)
        await asyncio.sleep(0.01)
        assert desk.asked == [DOMAIN], "and once"

    run(story)


def test_who_asks_goes_before_what_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "MAX_CHECKS", 4)

    async def story(desk: LookUps) -> None:
        desk.takes = 0.05
        for number in range(10):
            desk.knowledge.expect(f"d{number}.example")
        await asyncio.sleep(0.01)
        assert len(desk.asked) == 2, "half of the places"
        await desk.find("asked.example")
        assert "asked.example" in desk.asked[:3]
        begun = len(desk.asked)
        await desk.find("d9.example")  # announced last, and not made to wait for the others
        assert "d9.example" in desk.asked[: begun + 3]
        async with asyncio.timeout(10):
            while len(desk.asked) < 11:  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.01)
        assert sorted(desk.asked) == sorted({f"d{n}.example" for n in range(10)} | {"asked.example"})

    run(story)


def test_announcements_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "MAX_EXPECTED", 5)
    monkeypatch.setattr(knowledge_module, "MAX_CHECKS", 2)

    async def story(desk: LookUps) -> None:
        desk.takes = 0.001
        for number in range(100):
            desk.knowledge.expect(f"d{number}.example")
        async with asyncio.timeout(10):
            while len(desk.asked) < 6:  # noqa: ASYNC110  # nobody is told
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert desk.asked == ["d0.example", *(f"d{n}.example" for n in range(95, 100))], "the oldest go first"

    run(story)


# new settings


def test_other_settings_change_nothing_that_is_known() -> None:
    async def story(desk: LookUps) -> None:
        await desk.find()
        desk.knowledge.change(desk.check, replace(ROUTING, undecided_seconds=60), "")
        assert desk.recall() is not None

    run(story)
