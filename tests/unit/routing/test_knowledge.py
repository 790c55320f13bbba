"""What is known of domains: one look-up for all, how long it holds, and when a doubt moves mail on.

The clock and the live check are the test's; memory, singleflight and the store are the real ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest

from segl.errors import RoutingError
from segl.events import Events
from segl.settings import Routing
from segl.store import open_store
from segl.vocabulary import Known
from segl_routing import knowledge as knowledge_module
from segl_routing.archive import Archive, NoArchive, StoreArchive
from segl_routing.facts import DomainFacts
from segl_routing.knowledge import Knowledge
from segl_routing.live import Checked
from segl_routing.mx import NoMail

T = TypeVar("T")

YES = Checked(Known.YES, "verifies")
NO = Checked(Known.NO, "no STARTTLS")
DOUBT = Checked(Known.UNKNOWN, "did not answer in time")
GONE = Checked(Known.NO, "does not exist", NoMail.NO_SUCH_DOMAIN)

ROUTING = Routing(known_seconds=3600, undecided_seconds=900)
DOMAIN = "kommune.example"


@dataclass
class Desk:
    """A knowledge with a clock and a world one can set."""

    routing: Routing = ROUTING
    archive: Archive = field(default_factory=NoArchive)
    now: float = 1_000_000.0
    world: Checked | Exception = YES
    takes: float = 0.0
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(
            self.check,
            self.archive,
            self.routing,
            Events("test"),
            clock=lambda: self.now,
            jitter=lambda low, high: (low + high) / 2,
        )

    async def check(self, domain: str) -> Checked:
        self.asked.append(domain)
        await asyncio.sleep(self.takes)
        if isinstance(self.world, Exception):
            raise self.world
        return self.world

    async def find(self, domain: str = DOMAIN, within: float = 1.0) -> DomainFacts:
        return await self.knowledge.find(domain, within)

    def recall(self) -> DomainFacts | None:
        return self.knowledge.recall(DOMAIN)


def run(story: Callable[[Desk], Awaitable[T]], desk: Desk | None = None) -> T:
    desk = desk or Desk()

    async def told() -> T:
        try:
            return await story(desk)
        finally:
            await desk.knowledge.stop()

    return asyncio.run(told())


# one look-up for all


def test_a_hundred_who_ask_at_once_cause_one_check() -> None:
    async def story(desk: Desk) -> None:
        desk.takes = 0.05
        found = await asyncio.gather(*(desk.find() for _ in range(100)))
        assert {facts.tls for facts in found} == {Known.YES}
        assert desk.asked == [DOMAIN]

    run(story)


def test_who_cannot_wait_is_told_so_and_the_check_goes_on() -> None:
    async def story(desk: Desk) -> None:
        desk.takes = 0.1
        with pytest.raises(RoutingError, match="still looking"):
            await desk.find(within=0.01)
        assert desk.recall() is None
        await asyncio.sleep(0.15)
        facts = desk.recall()
        assert facts is not None
        assert facts.tls is Known.YES
        assert desk.asked == [DOMAIN]

    run(story)


def test_a_check_that_fails_is_a_doubt_not_a_no() -> None:
    async def story(desk: Desk) -> None:
        desk.world = ZeroDivisionError("a fault of ours")
        assert (await desk.find()).tls is Known.UNKNOWN

    run(story)


def test_a_check_that_never_ends_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "CHECK_SECONDS", 0.05)

    async def story(desk: Desk) -> None:
        desk.takes = 3600
        assert (await desk.find()).tls is Known.UNKNOWN

    run(story)


def test_too_many_checks_at_once_are_refused_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "MAX_WAITING", 10)

    async def story(desk: Desk) -> None:
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
        await asyncio.gather(*(knowledge.find(f"d{n}.example", 5) for n in range(40)))

    asyncio.run(story())
    assert most == 4


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_module, "MAX_DOMAINS", 3)

    async def story(desk: Desk) -> None:
        for number in range(5):
            await desk.find(f"d{number}.example")
            desk.knowledge.recall("d0.example")
        assert len(desk.knowledge) == 3
        assert desk.knowledge.last("d0.example") is not None, "the longest unused go first"
        assert desk.knowledge.last("d1.example") is None

    run(story)


# how long it holds


@pytest.mark.parametrize(
    ("world", "seconds"),
    [(YES, 3600), (NO, 3600), (DOUBT, 30), (GONE, 300)],
)
def test_how_long_an_answer_holds(world: Checked, seconds: float) -> None:
    async def story(desk: Desk) -> None:
        desk.world = world
        await desk.find()
        desk.now += seconds - 1
        assert desk.recall() is not None
        desk.now += 2
        assert desk.recall() is None

    run(story)


def test_a_setting_shorter_than_these_wins() -> None:
    async def story(desk: Desk) -> None:
        for world in (YES, NO, DOUBT, GONE):
            desk.world = world
            await desk.find()
            desk.now += 11
            assert desk.recall() is None

    run(story, Desk(replace(ROUTING, known_seconds=10)))


def test_domains_learnt_together_do_not_end_together() -> None:
    async def story() -> set[float]:
        async def check(_domain: str) -> Checked:
            return YES

        knowledge = Knowledge(check, NoArchive(), ROUTING, Events("test"), clock=lambda: 0.0)
        found = await asyncio.gather(*(knowledge.find(f"d{n}.example", 5) for n in range(50)))
        return {facts.expires_at for facts in found}

    ends = asyncio.run(story())
    assert len(ends) > 40
    assert all(3600 * 0.9 <= end <= 3600 * 1.1 for end in ends)


def test_an_answer_is_checked_again_before_it_ends() -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.now += 3500
        desk.world = NO
        before = desk.recall()
        assert before is not None
        assert before.tls is Known.YES
        await asyncio.sleep(0.01)
        after = desk.recall()
        assert after is not None
        assert after.tls is Known.NO
        assert len(desk.asked) == 2

    run(story)


def test_a_try_before_its_time_that_finds_nothing_takes_nothing_away() -> None:
    """A mail host that is down while its proof still holds: no reason to hold mail back yet."""

    async def story(desk: Desk) -> None:
        await desk.find()
        end = desk.now + 3600
        desk.world = DOUBT
        for desk.now in (end - 350, end - 349, end - 10, end - 1):
            facts = desk.recall()
            assert facts is not None
            assert facts.tls is Known.YES
            await asyncio.sleep(0.01)
        assert len(desk.asked) == 4, "and it is not asked again at every look"
        desk.now = end + 1
        assert desk.recall() is None
        assert (await desk.find()).tls is Known.UNKNOWN

    run(story)


def test_a_clock_set_back_makes_nothing_eternal() -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.now -= 365 * 86400
        assert desk.recall() is None

    run(story)


# doubts


def test_a_run_of_doubts_begins_with_the_first() -> None:
    async def story(desk: Desk) -> None:
        desk.world = DOUBT
        begun = desk.now
        for _ in range(5):
            assert (await desk.find()).unknown_since == begun
            desk.now += 60
        assert len(desk.asked) == 5

    run(story)


@pytest.mark.parametrize("world", [YES, NO, GONE])
def test_any_result_ends_the_run(world: Checked) -> None:
    async def story(desk: Desk) -> None:
        desk.world = DOUBT
        await desk.find()
        desk.now += 60
        desk.world = world
        assert (await desk.find()).unknown_since is None

    run(story)


def test_a_doubt_long_ago_is_no_run() -> None:
    async def story(desk: Desk) -> None:
        desk.world = DOUBT
        await desk.find()
        desk.now += 86400
        assert (await desk.find()).unknown_since == desk.now

    run(story)


def test_a_domain_long_in_doubt_is_answered_at_once_while_it_is_checked_again() -> None:
    """Its recipients go on by the next way; they need not wait for each new try to time out."""

    async def story(desk: Desk) -> None:
        desk.world = DOUBT
        await desk.find()
        desk.now += 950
        await desk.find()
        desk.now += 700  # what was found is past its time
        desk.world = YES
        facts = desk.recall()
        assert facts is not None
        assert facts.unknown_for(desk.now) > 900
        await asyncio.sleep(0.01)
        after = desk.recall()
        assert after is not None
        assert after.tls is Known.YES, "and it heals by itself"

    run(story)


# the store


def store_of(directory: Path, **how: bool) -> StoreArchive:
    return StoreArchive(open_store(f"sqlite:///{directory}/segl.db"), Events("test"), **how)


@pytest.mark.parametrize("world", [YES, NO, DOUBT])
def test_it_survives_a_restart(tmp_path: Path, world: Checked) -> None:
    async def first(desk: Desk) -> DomainFacts:
        desk.world = world
        return await desk.find()

    archive = store_of(tmp_path)
    before = run(first, Desk(archive=archive))
    archive.close()

    async def second(desk: Desk) -> DomainFacts:
        desk.world = RuntimeError("must not be asked")
        return await desk.find()

    archive = store_of(tmp_path)
    assert run(second, Desk(archive=archive)) == before
    archive.close()


def test_a_run_of_doubts_survives_a_restart(tmp_path: Path) -> None:
    async def doubt(desk: Desk) -> DomainFacts:
        desk.world = DOUBT
        return await desk.find()

    since = []
    for minutes in (0, 5, 10):
        archive = store_of(tmp_path)
        since.append(run(doubt, Desk(archive=archive, now=1_000_000.0 + minutes * 60)).unknown_since)
        archive.close()
    assert since == [1_000_000.0] * 3


def test_what_bounces_mail_is_not_kept(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.world = GONE
        await desk.find()

    archive = store_of(tmp_path)
    run(story, Desk(archive=archive))
    archive.close()
    archive = store_of(tmp_path)
    assert asyncio.run(archive.read(DOMAIN)) is None
    archive.close()


def test_what_is_read_without_leave_to_write_is_not_changed(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.knowledge.change(desk.check, desk.routing, forget=True)

    archive = store_of(tmp_path, writable=False)
    run(story, Desk(archive=archive))
    archive.close()
    archive = store_of(tmp_path)
    assert asyncio.run(archive.read(DOMAIN)) is None
    archive.close()


def test_a_store_that_fails_costs_a_check_and_no_answer(tmp_path: Path) -> None:
    archive = store_of(tmp_path)
    archive._engine.dispose()
    (tmp_path / "segl.db").unlink()
    (tmp_path / "segl.db").mkdir()

    async def story(desk: Desk) -> None:
        assert (await desk.find()).tls is Known.YES
        desk.now += 4000
        assert (await desk.find()).tls is Known.YES

    run(story, Desk(archive=archive))
    archive.close()


def test_a_row_that_makes_no_sense_counts_as_none(tmp_path: Path) -> None:
    archive = store_of(tmp_path)
    with archive._engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO domain_knowledge VALUES ('kommune.example', 'perhaps', '', 1, 9e18, NULL)"
        )
    assert asyncio.run(archive.read(DOMAIN)) is None
    archive.close()


def test_another_nodes_newer_finding_is_used(tmp_path: Path) -> None:
    mine, other = store_of(tmp_path), store_of(tmp_path)

    async def story(desk: Desk) -> None:
        await desk.find()
        assert await mine.read(DOMAIN) is not None
        desk.now += 4000
        other.write(DomainFacts(DOMAIN, Known.NO, "seen elsewhere", desk.now - 10, desk.now + 3000))
        other.close()
        assert (await desk.find()).reason == "seen elsewhere"
        assert len(desk.asked) == 1

    run(story, Desk(archive=mine))
    mine.close()


def test_what_is_very_old_is_thrown_out(tmp_path: Path) -> None:
    archive = store_of(tmp_path)
    archive.write(DomainFacts("old.example", Known.NO, "", 1000.0, 2000.0))
    archive.write(DomainFacts("new.example", Known.NO, "", 3000.0, 4000.0))
    archive.prune(2500.0)
    assert asyncio.run(archive.read("old.example")) is None
    assert asyncio.run(archive.read("new.example")) is not None
    archive.close()


def test_an_older_finding_does_not_replace_a_newer_one(tmp_path: Path) -> None:
    archive = store_of(tmp_path)
    archive.write(DomainFacts(DOMAIN, Known.NO, "newer", 1_000_030.0, 2_000_000.0))
    archive.write(DomainFacts(DOMAIN, Known.YES, "older", 1_000_000.0, 2_000_000.0))
    facts = asyncio.run(archive.read(DOMAIN))
    assert facts is not None
    assert facts.reason == "newer"
    archive.close()


# new settings


def test_what_was_checked_under_other_certificates_counts_no_more(tmp_path: Path) -> None:
    archive = store_of(tmp_path)

    async def story(desk: Desk) -> None:
        desk.takes = 0.05
        await desk.find("known.example")
        running = asyncio.create_task(desk.find())
        await asyncio.sleep(0.02)
        desk.world = NO
        desk.knowledge.change(desk.check, desk.routing, forget=True)
        assert desk.knowledge.recall("known.example") is None
        assert (await running).tls is Known.NO, "a check that began before is made again"
        assert (await desk.find("known.example")).tls is Known.NO

    run(story, Desk(archive=archive))
    archive.close()


def test_other_settings_change_nothing_that_is_known() -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.knowledge.change(desk.check, replace(ROUTING, undecided_seconds=60), forget=False)
        assert desk.recall() is not None

    run(story)
