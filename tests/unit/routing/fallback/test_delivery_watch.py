"""The watch over deliveries: a look at the queue, a mark, a check after its time, and the usual way again."""

from __future__ import annotations

import asyncio
import errno
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.events import Events
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.settings.routing import Routing
from segl.store.engine import open_store
from segl.vocabulary import Known, Proof
from segl_routing.fallback.delivery_watch import DeliveryWatch
from segl_routing.fallback.marking import HOLD_SECONDS, Fallback
from segl_routing.fallback.marks import StoreMarks
from segl_routing.fallback.queue_watch import TOGETHER, QueueWatch
from segl_routing.fallback.retries import Retries
from segl_routing.map_replies import MapReplies
from segl_routing.proofs.archive import NoArchive
from segl_routing.proofs.facts import Checked
from segl_routing.proofs.knowledge import Knowledge
from segl_routing.routes import RouteTable
from segl_routing.socketmap import Reply
from segl_routing.tunnels import Tunnels
from world.lookups import pkix, says
from world.stores import store_in

pytestmark = pytest.mark.usefixtures("both_stores")


DOMAIN = "kunde.example"
BAD_CERTIFICATE = "Server certificate not verified"
REFUSED = "connect to mx.kunde.example[192.0.2.1]:25: Connection refused"
ORGANISATION = {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]}
SETTINGS = parse_settings({"organisation": ORGANISATION})
RELAYING = parse_settings(
    {
        "organisation": ORGANISATION,
        "portal": {"relay": {"next_hop": "[seal.example]:25", "header": "X-Seal: yes"}},
        "policy": [{"name": "sealed", "recipient": ["eva@kunde.example"], "order": ["portal"]}],
    }
)


class World:
    """A queue that says what a file says, and a domain whose check finds what it is told to find."""

    def __init__(self, folder: Path, engine: Engine | None = None, settings: Settings = SETTINGS) -> None:
        self.now = 1_800_000_000.0
        self.proven = Known.YES
        self.dane = False
        self.checks = 0
        self.queue = folder / "queue"
        self.pushed = folder / "pushed"
        program = folder / "postqueue"
        program.write_text(
            f'#!/bin/sh\ncase "$3" in -j) cat {self.queue};; -i) echo "$4" >> {self.pushed};; esac\n', "utf-8"
        )
        program.chmod(0o755)
        self.events = Events("segl-map")
        self.engine = engine or open_store(store_in(folder))
        self.marks = StoreMarks(self.engine, self.events)
        self.fallback = Fallback(Routing(), self.marks.load(), Retries(5.0, 5.0, 10.0))
        self.knowledge = Knowledge(
            self._check, NoArchive(), Routing(), self.events, clock=lambda: self.now, jitter=lambda a, _b: a
        )
        self.answers = MapReplies(
            RouteTable(settings),
            Tunnels(settings, self.events.certificate_refused, self.events.tunnel_list_unreadable),
            self.knowledge,
            self.events,
            answer_seconds=5,
            clock=lambda: self.now,
            fallback=self.fallback,
        )
        self.relief = DeliveryWatch(
            QueueWatch(folder, str(program)),
            self.fallback,
            self.knowledge,
            self.marks,
            self.events,
            lambda domain: RouteTable(SETTINGS).proven_at(domain, self.knowledge.last),
            self.answers.goes_by_tls,
            clock=lambda: self.now,
        )

    async def _check(self, _domain: str) -> Checked:
        self.checks += 1
        certificates = pkix(self.proven, "told so")
        return Checked((says(Proof.DANE, Known.YES), *certificates.evidence)) if self.dane else certificates

    def waits(self, *addresses: str, reason: str = BAD_CERTIFICATE) -> None:
        message = {
            "queue_name": "deferred",
            "queue_id": "Q1",
            "arrival_time": self.now,
            "recipients": [{"address": address, "delay_reason": reason} for address in addresses],
        }
        self.queue.write_text(json.dumps(message) + "\n" if addresses else "", "utf-8")

    async def look(self, after: float) -> None:
        self.now += after
        await self.relief.round()

    async def fails(self, reason: str = BAD_CERTIFICATE, after: float = 20) -> None:
        """The same copy fails at two tries."""
        self.waits("bo@kunde.example", reason=reason)
        for _ in range(2):
            self.fallback.asked("bo@kunde.example")
            await self.look(after=after)

    @property
    def marked(self) -> bool:
        return self.fallback.mark(DOMAIN) is not None


def told(folder: Path, story: Callable[[World], Awaitable[None]], settings: Settings = SETTINGS) -> World:
    world = World(folder, settings=settings)

    async def run() -> None:
        try:
            await world.knowledge.find(DOMAIN, 5.0)
            world.checks = 0
            await story(world)
        finally:
            await world.knowledge.stop()

    asyncio.run(run())
    world.marks.close()
    return world


def test_a_domain_is_marked_pushed_on_checked_and_healed(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.fails()
        assert world.marked
        assert not world.pushed.exists(), "the queue manager may still remember the old answer"
        world.waits()
        await world.look(after=32)
        assert world.pushed.read_text("utf-8") == "Q1\n"
        assert world.checks == 0, "a check before its time says nothing new"
        await world.look(after=HOLD_SECONDS)
        assert world.checks == 1
        assert not world.marked

    told(tmp_path, story)


def test_a_queue_that_cannot_be_seen_is_told_of_once_and_when_it_changes(tmp_path: Path) -> None:
    """At each look it was a line every twenty seconds, on a host without a secure instance."""
    said: list[str] = []

    async def story(world: World) -> None:
        world.events.queue_unseen = said.append  # type: ignore[assignment, method-assign]
        world.events.queue_seen = lambda: said.append("seen")  # type: ignore[method-assign]
        await world.look(after=20)
        await world.look(after=20)
        (tmp_path / "main.cf").touch()
        await world.look(after=20)
        world.waits()
        await world.look(after=20)
        await world.look(after=20)
        (tmp_path / "queue").unlink()
        await world.look(after=20)
        (tmp_path / "postqueue").unlink()
        await world.look(after=20)

    told(tmp_path, story)
    assert said == [
        f"no Postfix in {tmp_path}",
        "postqueue cannot show the queue",
        "seen",
        "postqueue cannot show the queue",
        f"{tmp_path}/postqueue: No such file or directory",
    ]


def test_messages_that_could_not_be_pushed_are_pushed_at_the_next_look(tmp_path: Path) -> None:
    """The first program cannot be started: neither its messages nor those behind them are forgotten."""

    async def story(world: World) -> None:
        push, faults = world.relief._queue.push, [OSError(errno.EAGAIN, "no process")]

        async def fails_once(queue_ids: Iterable[str]) -> None:
            if faults:
                raise faults.pop()
            await push(queue_ids)

        world.waits()
        world.relief._queue.push = fails_once  # type: ignore[method-assign]
        world.relief._pushes = [(world.now + 10, ("Q1", "Q2")), (world.now + 10, ("Q3",))]
        with pytest.raises(OSError, match="no process"):
            await world.look(after=20)
        await world.look(after=20)
        assert world.pushed.read_text("utf-8") == "Q1\nQ2\nQ3\n"
        await world.look(after=20)
        assert world.pushed.read_text("utf-8") == "Q1\nQ2\nQ3\n", "and not again"

    told(tmp_path, story)


def test_a_check_that_finds_no_proof_leaves_the_mark(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        await world.fails()
        world.waits()
        world.proven = Known.NO
        for _ in range(3):
            await world.look(after=HOLD_SECONDS)
            assert world.marked
        assert world.checks == 3
        world.proven = Known.YES
        await world.look(after=HOLD_SECONDS)
        assert not world.marked

    told(tmp_path, story)


def test_a_mark_of_a_clock_since_set_back_ends_by_a_check_made_now(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.now += 86_400
        await world.fails()
        world.now -= 86_400
        world.waits()
        await world.look(after=20)
        assert world.checks == 1
        assert not world.marked

    told(tmp_path, story)


def test_what_was_known_before_the_mark_does_not_end_it(tmp_path: Path) -> None:
    """Nobody answers at the check either: the proof of half an hour ago still counts, but not against the mark."""

    async def story(world: World) -> None:
        await world.fails()
        world.waits()
        world.proven = Known.UNKNOWN
        await world.look(after=HOLD_SECONDS)
        facts = world.knowledge.last(DOMAIN)
        assert facts is not None
        assert facts.evidence[0].known is Known.YES
        assert world.marked
        world.proven = Known.YES
        await world.look(after=HOLD_SECONDS)
        assert not world.marked

    told(tmp_path, story)


@pytest.mark.parametrize("since", [0.0, 7200.0])
def test_signed_dns_alone_does_not_end_a_mark_of_hosts_that_do_not_answer(
    tmp_path: Path, since: float
) -> None:
    """Whether they answered a moment ago, or nobody remembers that they ever did."""

    async def story(world: World) -> None:
        world.now += since
        world.dane, world.proven = True, Known.UNKNOWN
        await world.knowledge.check_anew(DOMAIN)
        await world.fails(REFUSED, after=400)
        assert world.marked
        world.queue.write_text("", "utf-8")
        await world.look(after=HOLD_SECONDS)
        assert world.marked, "nobody answers there"
        world.proven = Known.NO  # somebody does; that no authority knows its certificate is nothing to DANE
        await world.look(after=HOLD_SECONDS)
        assert not world.marked

    told(tmp_path, story)


def test_a_mark_of_a_pinned_next_hop_ends_whether_or_not_the_domains_own_hosts_answer(tmp_path: Path) -> None:
    """They are not who was connected to."""
    pin = {"name": DOMAIN, "way": "tls", "next_hop": "[mx.hub.example]:25"}
    pinned = parse_settings({"organisation": ORGANISATION, "domain": [pin]})

    async def story(world: World) -> None:
        world.relief.proven_at = lambda domain: RouteTable(pinned).proven_at(domain, world.knowledge.last)
        world.now += 7200.0
        world.proven = Known.UNKNOWN
        await world.fails(REFUSED, after=400)
        assert world.marked
        world.waits()
        await world.look(after=HOLD_SECONDS)
        assert not world.marked

    told(tmp_path, story, pinned)


def test_marks_outlive_the_process(tmp_path: Path) -> None:
    async def mark(world: World) -> None:
        await world.fails()

    async def nothing(_world: World) -> None:
        return

    told(tmp_path, mark).engine.dispose()
    later = told(tmp_path, nothing)
    assert later.marked
    assert later.fallback.standing()[0].reason == (
        "forced TLS failed at delivery: Server certificate not verified"
    )
    later.engine.dispose()


def test_a_queue_that_cannot_be_seen_is_told_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(world: World) -> None:
        await world.look(after=20)  # no such file: the program ends with a fault
        assert not world.marked

    told(tmp_path, story).engine.dispose()


def test_what_one_node_found_out_the_other_goes_by(tmp_path: Path) -> None:
    (tmp_path / "west").mkdir()

    async def story(east: World) -> None:
        west = World(tmp_path / "west", east.engine)
        west.waits("eva@kunde.example")
        await west.knowledge.find(DOMAIN, 5.0)
        await east.fails()
        west.now = east.now
        await east.marks.current()  # it is written by then
        await west.look(after=20)
        assert west.marked
        assert west.fallback.standing() == east.fallback.standing()
        await west.look(after=31)
        assert west.pushed.read_text("utf-8") == "Q1\n", (
            "hers, which had failed here once, need not fail again"
        )
        east.waits()
        await east.look(after=HOLD_SECONDS)
        assert not east.marked
        await east.marks.current()
        west.now = east.now
        await west.look(after=20)
        assert not west.marked, "nor is it checked once more"
        assert west.checks == 1, "the one at the beginning"
        await west.knowledge.stop()
        west.marks.close()

    told(tmp_path, story)


SEALED = "bo@kunde.example.least-sealed.segl.invalid"


@pytest.mark.parametrize("address", [SEALED, "eva@kunde.example"])
@pytest.mark.parametrize("reason", [BAD_CERTIFICATE, REFUSED])
def test_what_waits_for_another_encryption_service_says_nothing_of_the_domain(
    tmp_path: Path, address: str, reason: str
) -> None:
    """Its certificate ran out: mail that TLS can deliver must not be sent there as well."""

    async def story(world: World) -> None:
        world.waits(address, reason=reason)
        for _ in range(4):
            assert (await asked(world, address)).startswith("segl-relay:[seal.example]:25")
            await world.look(after=400)
        assert not world.marked
        assert (await asked(world, "ib@kunde.example")) == "segl-tls:kunde.example"

    told(tmp_path, story, RELAYING)


def test_a_copy_that_failed_there_counts_once_it_was_tried_by_tls(tmp_path: Path) -> None:
    """TLS was not proven when it was sent to the service, and is now."""

    async def story(world: World) -> None:
        world.proven = Known.NO
        await world.knowledge.check_anew(DOMAIN)
        assert (await asked(world, "bo@kunde.example")).startswith("segl-relay:")
        world.waits("bo@kunde.example")
        world.proven = Known.YES
        await world.knowledge.check_anew(DOMAIN)
        await world.look(after=1200)
        assert not world.marked
        assert (await asked(world, "bo@kunde.example")) == "segl-tls:kunde.example"
        await world.look(after=20)
        assert world.marked, "it has waited for long, and now by TLS as well"

    told(tmp_path, story, RELAYING)


def test_a_copy_with_a_demand_that_tls_meets_counts_by_its_own_tries(tmp_path: Path) -> None:
    demanding = "bo@kunde.example.least-pkix.segl.invalid"

    async def story(world: World) -> None:
        world.waits(demanding)
        for _ in range(3):
            await asked(world, "bo@kunde.example")  # another message's
            await world.look(after=20)
        assert not world.marked
        assert (await asked(world, demanding)) == "segl-tls-pkix:kunde.example"
        await world.look(after=20)
        assert world.marked

    told(tmp_path, story)


async def asked(world: World, address: str) -> str:
    answer = world.answers("transport", address)
    return (answer if isinstance(answer, Reply) else await answer).text


class Turns:
    """How often others had their turn: ``number``."""

    number = 0

    async def beside(self, work: Awaitable[object]) -> None:
        going = asyncio.create_task(self._others())
        await work
        going.cancel()

    async def _others(self) -> None:
        while True:
            self.number += 1
            await asyncio.sleep(0)


def test_others_have_their_turn_while_a_long_queue_is_looked_at(tmp_path: Path) -> None:
    """Answers to Postfix must not wait for fifty thousand copies."""
    turns, looked_at = Turns(), Counter[int]()

    def goes_by_tls(_address: str, _least: Proof) -> bool:
        looked_at[turns.number] += 1
        return False

    async def story(world: World) -> None:
        world.relief.goes_by_tls = goes_by_tls
        world.waits(*(f"k{number}@kunde.example" for number in range(1_000)))
        await turns.beside(world.look(after=20))

    told(tmp_path, story)
    assert looked_at.total() == 1_000
    assert max(looked_at.values()) <= TOGETHER


def test_others_have_their_turn_while_a_long_queue_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, read_at = Turns(), Counter[int]()

    def read(_line: bytes) -> None:
        read_at[turns.number] += 1

    async def story(world: World) -> None:
        monkeypatch.setattr("segl_routing.fallback.queue_watch.message_in", read)
        world.queue.write_text("{}\n" * 3_000, "utf-8")
        await turns.beside(world.look(after=20))

    told(tmp_path, story)
    assert read_at.total() == 3_000
    assert max(read_at.values()) <= TOGETHER
