"""What is known of recipient domains: in memory, behind it the store, behind that a live check.

Whoever asks gets what is in memory at once. What is not there is looked for, by one check for all who ask at
the same time; each waits only as long as it can, and the check goes on so that the next one who asks finds
the answer. Before an answer runs out it is checked again in the background.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace

from segl.errors import RoutingError
from segl.events import Events
from segl.metric_labels import ProofAnswer
from segl.metrics import PROOFS
from segl.settings.routing import Routing
from segl.vocabulary import Known, Proof
from segl_routing.proofs.archive import Archive
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import Checked, DomainFacts, judge
from segl_routing.waiting import still_looking

MAX_DOMAINS = 200_000  # kept in memory; the longest unused go first
MAX_CHECKS = 128  # at once
MAX_EXPECTED = 10_000  # domains announced and not yet looked for; the longest announced go first
MAX_WAITING = 5_000  # checks begun or waiting for a place
CHECK_SECONDS = 60.0  # no check takes longer, whatever DNS and hosts do
# By then a copy that had to wait has been tried again (secure.main.cf: maximal_backoff_time and a round of the queue).
NEXT_TRY_SECONDS = 1000.0

Check = Callable[[str], Awaitable[Checked]]


class Knowledge:
    """Facts about domains. Not for use by several threads."""

    def __init__(
        self,
        check: Check,
        archive: Archive,
        routing: Routing,
        events: Events,
        checked_with: str = "",
        *,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """*checked_with* is a digest of what a check's result depends on; what is kept with another counts for nothing.
        *clock* gives Unix seconds."""
        self._check = check
        self._archive = archive
        self._routing = routing
        self._events = events
        self._clock = clock
        self._jitter = jitter
        self._facts: OrderedDict[str, DomainFacts] = OrderedDict()
        self._running: dict[str, asyncio.Task[DomainFacts]] = {}
        self._checked_with = checked_with
        self._places = asyncio.Semaphore(MAX_CHECKS)
        self._expected: OrderedDict[str, None] = OrderedDict()
        self._anew: set[str] = set()

    def __len__(self) -> int:
        return len(self._facts)

    def change(self, check: Check, routing: Routing, checked_with: str) -> None:
        """New settings. What was found out with anything else than *checked_with* counts no more."""
        self._check = check
        self._routing = routing
        if checked_with != self._checked_with:
            self._checked_with = checked_with
            self._facts.clear()

    def last(self, domain: str) -> DomainFacts | None:
        """What was found out last, however long ago, as far as memory goes."""
        return self._facts.get(domain)

    def recall(self, domain: str) -> DomainFacts | None:
        """What memory holds and may be believed now; starts a new check when that will soon run out.

        A domain that has long been on the next way because nothing could be found out stays there while
        it is checked again: its recipients need not wait for every try.
        """
        facts = self._facts.get(domain)
        if facts is None:
            return None
        self._facts.move_to_end(domain)
        now = self._clock()
        if facts.fresh(now):
            if facts.old(now):
                self._refresh(domain)
            return facts
        if self._long_unknown(facts, now) and now < facts.expires_at + self._routing.known_seconds:
            self._refresh(domain)
            return facts
        return None

    def expect(self, domain: str) -> None:
        """*domain* (normal form) will be asked for soon: begin to look, without waiting and without hurry.

        At most half of the places for checks are used for this; who asks for an answer goes first. Whatever is
        known already costs a look in memory; too many announcements push out the oldest.
        """
        if domain in self._running or self.recall(domain) is not None:
            return
        self._expected[domain] = None
        if len(self._expected) > MAX_EXPECTED:
            self._expected.popitem(last=False)
        self._begin_expected()

    async def find(self, domain: str, within: float) -> DomainFacts:
        """The facts about *domain*, found out now if need be.

        When that takes more than *within* seconds, what was found out since about the last try is given: a domain
        whose check is slow and whose records are short-lived would otherwise be asked for ever and never
        answered. Without it raises :class:`RoutingError`. The check goes on.
        """
        facts = self.recall(domain)
        if facts is not None:
            return facts
        task = self._start(domain)
        try:
            async with asyncio.timeout(within):
                return await asyncio.shield(task)
        except TimeoutError:
            last = self._facts.get(domain)
            if last is not None and last.no_mail is None and last.is_of_last(NEXT_TRY_SECONDS, self._clock()):
                return last
            raise RoutingError(
                "the recipient's domain is being looked up", f"{domain}: {still_looking(within)}"
            ) from None

    async def check_anew(self, domain: str) -> DomainFacts:
        """The facts about *domain* from a check made now, whatever may still be believed.

        Raises :class:`RoutingError` when too many are being looked up."""
        self._anew.add(domain)
        return await asyncio.shield(self._start(domain))

    async def stop(self) -> None:
        """Break off the checks that run."""
        self._expected.clear()
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refresh(self, domain: str) -> None:
        if domain not in self._running and len(self._running) < MAX_WAITING // 2:
            self._start(domain)

    def _start(self, domain: str) -> asyncio.Task[DomainFacts]:
        task = self._running.get(domain)
        if task is None:
            if len(self._running) >= MAX_WAITING:
                raise RoutingError(
                    "too many domains are being looked up", f"{domain}: {MAX_WAITING} checks wait"
                )
            task = asyncio.create_task(self._find_out(domain))
            self._running[domain] = task
            self._expected.pop(domain, None)
            task.add_done_callback(lambda _: self._ended(domain))
        return task

    def _ended(self, domain: str) -> None:
        self._running.pop(domain, None)
        self._begin_expected()

    def _begin_expected(self) -> None:
        while self._expected and len(self._running) < MAX_CHECKS // 2:
            self._start(self._expected.popitem(last=False)[0])

    async def _find_out(self, domain: str) -> DomainFacts:
        """From the store what holds, else from a check; begun again when what it is checked with changes meanwhile."""
        wanted_anew = False
        while True:
            checked_with = self._checked_with
            previous = self._latest(self._facts.get(domain), await self._archive.read(domain))
            if checked_with != self._checked_with:
                continue
            now = self._clock()
            wanted_anew |= domain in self._anew
            self._anew.discard(domain)
            if previous is not None and previous.fresh(now) and not previous.old(now) and not wanted_anew:
                self._remember(previous)  # from before a restart, or another node's
                return previous
            async with self._places:
                checked = await self._checked(domain)
            if checked_with == self._checked_with:
                return self._take(domain, checked, previous)

    def _take(self, domain: str, checked: Checked, previous: DomainFacts | None) -> DomainFacts:
        now = self._clock()
        facts = replace(
            judge(domain, checked, previous, routing=self._routing, now=now, jitter=self._jitter),
            checked_with=self._checked_with,
        )
        for evidence in checked.evidence:
            fails = evidence.bars and evidence.known is Known.NO
            answer = ProofAnswer.FAILS if fails else ProofAnswer(evidence.known.value)
            PROOFS.labels(evidence.proof, answer).inc()
        self._remember(facts)
        self._archive.write(facts)
        return facts

    async def _checked(self, domain: str) -> Checked:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await self._check(domain)
        except TimeoutError:
            return _nothing(f"the check did not end in {CHECK_SECONDS:g} s")
        except Exception as error:
            self._events.failed("check", error)  # a fault of ours is a "don't know" too
            return _nothing("the check failed")

    def _remember(self, facts: DomainFacts) -> None:
        self._facts[facts.domain] = facts
        self._facts.move_to_end(facts.domain)
        while len(self._facts) > MAX_DOMAINS:
            self._facts.popitem(last=False)

    def _long_unknown(self, facts: DomainFacts, now: float) -> bool:
        return facts.unknown_for(now) >= self._routing.undecided_seconds

    def _latest(self, *candidates: DomainFacts | None) -> DomainFacts | None:
        known = [facts for facts in candidates if facts and facts.checked_with == self._checked_with]
        return max(known, key=lambda facts: facts.checked_at, default=None)


def _nothing(reason: str) -> Checked:
    """A check without a result: any proof may hold, and any that is promised may fail."""
    return Checked(
        tuple(Evidence(proof, Known.UNKNOWN, reason, bars=proof in _PROMISES) for proof in _GATHERED)
    )


_GATHERED = (Proof.DANE, Proof.MTA_STS, Proof.PKIX, Proof.ENCRYPT)
_PROMISES = (Proof.DANE, Proof.MTA_STS)
