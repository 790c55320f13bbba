"""The watch over deliveries: looks at the queue now and then, marks what fails, and lets marks heal.

:mod:`segl_routing.fallback.marking` decides; here stand the edges: the queue, the checks, the store, log and metrics.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from segl import metrics
from segl.addresses import domain_of
from segl.errors import RoutingError
from segl.events import Events
from segl.metric_labels import LookResult
from segl.vocabulary import Known, Proof
from segl_routing.fallback.failures import Failure
from segl_routing.fallback.marking import Fallback, Fallen, Look, Marked
from segl_routing.fallback.marks import StoreMarks
from segl_routing.fallback.queue_watch import TOGETHER, QueueWatch, Waiting
from segl_routing.proofs.facts import DomainFacts
from segl_routing.proofs.knowledge import Knowledge

# An answer given so long ago is not remembered by the queue manager any more (it keeps its last one for 30 s).
_CACHED_SECONDS = 31.0
_MOST_CHECKED = 20  # marks tried at one look
_LOOKS = {result: metrics.QUEUE_LOOKS.labels(result) for result in LookResult}


class DeliveryWatch:
    """One watch. *proven_at* tells since when forced TLS may be taken for a domain, marks left aside; or that it
    may not. *goes_by_tls* tells whether a recipient's copy with a demand takes it now."""

    def __init__(
        self,
        queue: QueueWatch,
        fallback: Fallback,
        knowledge: Knowledge,
        marks: StoreMarks,
        events: Events,
        proven_at: Callable[[str], float | None],
        goes_by_tls: Callable[[str, Proof], bool],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.proven_at = proven_at
        self.goes_by_tls = goes_by_tls
        self._queue = queue
        self._fallback = fallback
        self._knowledge = knowledge
        self._marks = marks
        self._events = events
        self._clock = clock
        self._unseen = ""
        self._pushes: list[tuple[float, tuple[str, ...]]] = []  # when, and which messages

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(self._fallback.routing.watch_seconds)
            try:
                await self.round()
            except Exception as error:  # whatever it is: the answers go on
                self._events.failed("queue watch", error)

    async def round(self) -> None:
        """One look, and what follows from it; what other nodes saw meanwhile counts here, too."""
        waiting = await self._look()
        for one in self._fallback.adopt(await self._marks.current()):
            self._adopted(one, waiting)
        await asyncio.gather(*(self._try(one) for one in self._fallback.due(self._clock())[:_MOST_CHECKED]))
        await self._push_due()
        self._marks.forget(self._fallback.forget(self._clock()))
        metrics.MARKED_DOMAINS.set(len(self._fallback.standing()))

    async def _look(self) -> Sequence[Waiting]:
        """The copies that wait; none when they cannot be looked at."""
        try:
            waiting = await self._queue.look()
        except (OSError, TimeoutError) as error:
            _LOOKS[LookResult.FAILED].inc()
            self._told(_why(error))
            return ()
        _LOOKS[LookResult.DONE].inc()
        self._told("")
        seen = self._queue.seen
        metrics.QUEUE_MESSAGES.set(seen.messages)
        metrics.QUEUE_OLDEST.set(0 if seen.oldest is None else max(seen.began - seen.oldest, 0))
        look = Look(self._clock())
        for first in range(0, len(waiting), TOGETHER):
            self._fallback.see(look, waiting[first : first + TOGETHER], self._goes_by_tls)
            await asyncio.sleep(0)  # the others' turn: answers to Postfix
        for fallen in self._fallback.conclude(look):
            self._mark(fallen)
        return waiting

    def _told(self, unseen: str) -> None:
        """Why the queue cannot be looked at; told when it changes, not at each look: where no secure instance is, that
        would be a line every twenty seconds."""
        if unseen and unseen != self._unseen:
            self._events.queue_unseen(unseen)
        elif self._unseen and not unseen:
            self._events.queue_seen()
        self._unseen = unseen

    def _adopted(self, marked: Marked, waiting: Sequence[Waiting]) -> None:
        """Another node has marked it: what waits for it here need not find out for itself."""
        ids = dict.fromkeys(one.queue_id for one in waiting if domain_of(one.address) == marked.domain)
        self._events.domain_mark_adopted(marked.domain, marked.reason, messages=len(ids))
        if ids:
            self._pushes.append((self._clock() + _CACHED_SECONDS, tuple(ids)))

    def _goes_by_tls(self, one: Waiting) -> bool:
        """By its own way, not by what its domain can do: another encryption service may be waited for, whose failures
        have the same words."""
        return self._fallback.mark(domain_of(one.address)) is None and self.goes_by_tls(
            one.address, one.least
        )

    def _mark(self, fallen: Fallen) -> None:
        marked = fallen.marked
        self._marks.keep(marked)
        metrics.FALLBACKS.labels(marked.failure.value).inc()
        metrics.FALLBACK_MINUTES.observe(fallen.waited / 60)
        self._events.domain_marked(
            marked.domain,
            marked.reason,
            times=marked.times,
            hold=marked.until - marked.since,
            messages=len(fallen.queue_ids),
        )
        self._pushes.append((self._clock() + _CACHED_SECONDS, fallen.queue_ids))

    async def _try(self, marked: Marked) -> None:
        """Check the domain anew; a proof found after the mark ends it."""
        since = min(marked.since, self._clock())
        try:
            facts = await self._knowledge.check_anew(marked.domain)
        except RoutingError:
            return  # too much to do; at the next look
        now = self._clock()
        proven_at = self.proven_at(marked.domain)
        # What was known before the mark stands in for a don't-know, but it is what just failed.
        found = proven_at is not None and proven_at >= since
        pinned = proven_at == float("inf")  # perhaps to a host that is none of the domain's own
        if found and (pinned or marked.failure is Failure.TLS or _reached(facts, since)):
            healed = self._fallback.heal(marked.domain, now)
            if healed is not None:
                self._marks.keep(healed)
                self._events.domain_healed(marked.domain, marked_for=now - since)
        else:
            self._marks.keep(self._fallback.wait_longer(marked.domain, now))

    async def _push_due(self) -> None:
        """Have the messages of marked domains tried again, once no old answer can stand in the way."""
        now = self._clock()
        for due in [one for one in self._pushes if one[0] <= now]:
            await self._queue.push(due[1])
            self._pushes.remove(due)  # not before: what cannot be pushed now is tried again at the next look


def _why(error: OSError | TimeoutError) -> str:
    """Texts of the system's, or ours."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error) or "postqueue did not end in time"


def _reached(facts: DomainFacts, since: float) -> bool:
    """Whether the mail hosts were talked to after *since*, whatever came of it. DANE and MTA-STS can hold while
    nobody answers there."""
    return any(
        one.proof is Proof.PKIX and one.known is not Known.UNKNOWN and one.checked_at >= since
        for one in facts.evidence
    )
