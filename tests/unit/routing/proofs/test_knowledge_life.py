"""How long what is known of a domain holds, and when a doubt moves mail on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from segl.errors import RoutingError
from segl.events import Events
from segl.vocabulary import Known
from segl_routing.proofs.archive import NoArchive
from segl_routing.proofs.facts import Checked
from segl_routing.proofs.knowledge import Knowledge
from world.lookups import DOUBT, GONE, NO, ROUTING, YES, LookUps, run, tls

# how long it holds


@pytest.mark.parametrize(
    ("world", "seconds"),
    [(YES, 3600), (NO, 3600), (DOUBT, 30), (GONE, 300)],
)
def test_how_long_an_answer_holds(world: Checked, seconds: float) -> None:
    async def story(desk: LookUps) -> None:
        desk.world = world
        await desk.find()
        desk.now += seconds - 1
        assert desk.recall() is not None
        desk.now += 2
        assert desk.recall() is None

    run(story)


def test_a_setting_shorter_than_these_wins() -> None:
    async def story(desk: LookUps) -> None:
        for world in (YES, NO, DOUBT, GONE):
            desk.world = world
            await desk.find()
            desk.now += 11
            assert desk.recall() is None

    run(story, LookUps(replace(ROUTING, known_seconds=10)))


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
    async def story(desk: LookUps) -> None:
        await desk.find()
        desk.now += 3500
        desk.world = NO
        before = desk.recall()
        assert before is not None
        assert tls(before) is Known.YES
        await asyncio.sleep(0.01)
        after = desk.recall()
        assert after is not None
        assert tls(after) is Known.NO
        assert len(desk.asked) == 2

    run(story)


def test_a_try_before_its_time_that_finds_nothing_takes_nothing_away() -> None:
    """A mail host that is down while its proof still holds: no reason to hold mail back yet."""

    async def story(desk: LookUps) -> None:
        await desk.find()
        end = desk.now + 3600
        desk.world = DOUBT
        for desk.now in (end - 350, end - 349, end - 10, end - 1):
            facts = desk.recall()
            assert facts is not None
            assert tls(facts) is Known.YES
            await asyncio.sleep(0.01)
        assert len(desk.asked) == 4, "and it is not asked again at every look"
        desk.now = end + 1
        assert desk.recall() is None
        assert tls(await desk.find()) is Known.UNKNOWN

    run(story)


def test_a_clock_set_back_makes_nothing_eternal() -> None:
    async def story(desk: LookUps) -> None:
        await desk.find()
        desk.now -= 365 * 86400
        assert desk.recall() is None

    run(story)


# doubts


def test_a_run_of_doubts_begins_with_the_first() -> None:
    async def story(desk: LookUps) -> None:
        desk.world = DOUBT
        begun = desk.now
        for _ in range(5):
            assert (await desk.find()).doubt_since == begun
            desk.now += 60
        assert len(desk.asked) == 5

    run(story)


@pytest.mark.parametrize("world", [YES, NO, GONE])
def test_any_result_ends_the_run(world: Checked) -> None:
    async def story(desk: LookUps) -> None:
        desk.world = DOUBT
        await desk.find()
        desk.now += 60
        desk.world = world
        assert (await desk.find()).doubt_since is None

    run(story)


def test_a_doubt_long_ago_is_no_run() -> None:
    async def story(desk: LookUps) -> None:
        desk.world = DOUBT
        await desk.find()
        desk.now += 86400
        assert (await desk.find()).doubt_since == desk.now

    run(story)


def test_a_domain_long_in_doubt_is_answered_at_once_while_it_is_checked_again() -> None:
    """Its recipients go on by the next way; they need not wait for each new try to time out."""

    async def story(desk: LookUps) -> None:
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
        assert tls(after) is Known.YES, "and it heals by itself"

    run(story)


# a check slower than an answer may be


@pytest.mark.parametrize(("world", "answer"), [(YES, Known.YES), (NO, Known.NO), (DOUBT, Known.UNKNOWN)])
def test_a_slow_check_of_short_lived_records_is_of_use_to_the_next_try(world: Checked, answer: Known) -> None:
    """A mail host that greets after three seconds, and records with a TTL of a minute: at each try the last
    answer has run out, and the next one comes too late."""

    async def story(desk: LookUps) -> None:
        desk.world = world
        await desk.find()
        desk.takes = 3600
        desk.now += 900  # the longest between two tries
        assert desk.recall() is None
        assert tls(await desk.find(within=0.01)) is answer

    run(story, LookUps(replace(ROUTING, known_seconds=60)))


@pytest.mark.parametrize(("world", "later"), [(GONE, 400), (YES, 1001), (YES, -100)])
def test_what_is_not_of_the_last_try_is_not(world: Checked, later: float) -> None:
    """Nor is that a domain takes no mail, which bounces mail; nor what a clock since set back has found."""

    async def story(desk: LookUps) -> None:
        desk.world = world
        await desk.find()
        desk.takes = 3600
        desk.now += later
        with pytest.raises(RoutingError, match="still looking"):
            await desk.find(within=0.01)

    run(story, LookUps(replace(ROUTING, known_seconds=60)))


def test_a_doubt_of_short_lived_knowledge_ends_with_the_next_way() -> None:
    """Nobody answers for hours: the recipient takes the next way at some try, instead of a bounce after a day."""

    async def story(desk: LookUps) -> None:
        desk.world = DOUBT
        for _ in range(4):
            facts = await desk.find()
            desk.now += 400
        desk.takes = 3600
        assert tls(facts) is Known.UNKNOWN
        facts = await desk.find(within=0.01)
        assert facts.unknown_for(desk.now) >= ROUTING.undecided_seconds

    run(story, LookUps(replace(ROUTING, known_seconds=60)))
