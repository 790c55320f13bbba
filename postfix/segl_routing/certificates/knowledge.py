"""What is known of recipients' certificates: in memory, behind it the store, behind that a search.

As with domains (:mod:`segl_routing.proofs.knowledge`): who asks gets what is known at once; what is not is searched
for, by one search for all who ask at the same time, which goes on when they can wait no longer.

The store is where ``segl-deliver`` takes the certificate from, so it is written *before* "yes" is said; when it
cannot be, that is a don't-know. Memory only saves reading it: after ten seconds it is read again, so that what
another node found, or ``segl certificate forget`` took away, counts here soon.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from segl.certificates.names import mail_key
from segl.certificates.records import CertificateRow, Lookup
from segl.errors import RoutingError
from segl.events import Events
from segl.metrics import CERTIFICATE_SEARCHES
from segl.settings.certificates import Certificates
from segl.vocabulary import Known
from segl_routing.certificates.finder import SearchResult
from segl_routing.certificates.patience import (
    NO_ADDRESS,
    ON_THE_NEXT_WAY_SECONDS,
    UNKNOWN_SECONDS,
    holds,
    state_by,
    stays_on_the_next_way,
    unknown_since,
)
from segl_routing.skew import NODES_SKEW
from segl_routing.states import CertificateState
from segl_routing.store_thread import StoreThread
from segl_routing.waiting import still_looking

MAX_ADDRESSES = 100_000  # kept in memory; the longest unused go first
MAX_SEARCHES = 64  # at once
MAX_WAITING = 5_000  # searches begun or waiting for a place
MEMORY_SECONDS = 10.0
AHEAD = 0.8  # of its life: from then on a good certificate is looked at anew while it still counts
EARLIER = 0.9  # of what segl-deliver goes by: the route ends first

NOT_LOOKED_FOR = CertificateState(Known.UNKNOWN, "the recipient's certificate is not looked for yet")


class Finder(Protocol):
    """What is needed of :class:`segl_routing.certificates.finder.CertificateFinder`."""

    async def find(self, address: str) -> SearchResult: ...


class Records(Protocol):
    """What is needed of :class:`segl.certificates.records.CertificateRecords`."""

    def lookup(self, address: str) -> Lookup | None: ...
    def record(self, lookup: Lookup, found: Sequence[CertificateRow]) -> None: ...
    def found(self, address: str) -> Sequence[CertificateRow]: ...
    def judge_by(self, digest: str) -> bool: ...
    def prune(self, before: float) -> None: ...


@dataclass(frozen=True, slots=True)
class _Remembered:
    lookup: Lookup
    read_at: float


class CertificateKnowledge:
    """Not for use by several threads."""

    def __init__(
        self,
        finder: Finder,
        records: Records,
        settings: Certificates,
        events: Events,
        judged_by: str = "",
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*judged_by* is a digest of what searches are judged by; *clock* gives Unix seconds."""
        self._finder = finder
        self._records = records
        self._settings = settings
        self._events = events
        self._clock = clock
        self._memory: OrderedDict[str, _Remembered] = OrderedDict()
        self._running: dict[str, asyncio.Task[Lookup]] = {}
        self._refreshing: dict[str, asyncio.Task[None]] = {}
        self._generation = 0
        self._places = asyncio.Semaphore(MAX_SEARCHES)
        self._store = StoreThread(events, "certificates")
        self._to_be_written = ""  # until the store has it, what it holds may have been judged by anything
        self._judge_by(judged_by)

    def recall(self, address: str) -> CertificateState | None:
        """What memory holds of *address* and may be believed now; ``None``: see :meth:`find`."""
        key = mail_key(address)
        if not key:
            return NO_ADDRESS
        found = self._memory.get(key)
        if found is None:
            return None
        self._memory.move_to_end(key)
        now = self._clock()
        recent = found.read_at - NODES_SKEW <= now < found.read_at + MEMORY_SECONDS
        return self._state(found.lookup) if recent and holds(found.lookup, now) else None

    async def find(self, address: str, within: float) -> CertificateState:
        """What is known of *address*, searched for now if need be.

        Raises :class:`RoutingError` when that takes more than *within* seconds; the search then goes on.
        """
        state = self.recall(address)
        if state is not None:
            return state
        task = self._start(mail_key(address))
        try:
            async with asyncio.timeout(within):
                return self._state(await asyncio.shield(task))
        except TimeoutError:
            raise RoutingError(
                "the recipient's certificate is being looked up",
                f"certificate: {still_looking(within)}",
            ) from None

    def change(self, finder: Finder, settings: Certificates, judged_by: str = "") -> None:
        """New settings. *judged_by* is the digest of what searches are judged by, when that is another: what was found
        under the old counts no more."""
        self._finder = finder
        self._settings = settings
        if judged_by:
            self._generation += 1
            self._memory.clear()
            self._judge_by(judged_by)

    def expect(self, address: str) -> None:
        """*address* will be asked for in a moment: search ahead, unless there is much to do."""
        if self.recall(address) is None and len(self._running) < MAX_WAITING // 2:
            self._start(mail_key(address))

    def prune(self, before: float) -> None:
        """Forget, soon, what ran out before *before* (Unix seconds)."""
        self._store.soon(lambda: self._records.prune(before))

    async def stop(self) -> None:
        """Break off the searches that run."""
        tasks = [*self._running.values(), *self._refreshing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._store.close(wait=False)

    def _judge_by(self, digest: str) -> None:
        self._to_be_written = digest
        # At once, for segl-deliver asks the store alone; that it is done is seen when somebody asks.
        if digest:
            self._store.soon(partial(self._records.judge_by, digest))

    def _state(self, lookup: Lookup) -> CertificateState:
        return state_by(lookup, self._clock(), self._settings.patience_seconds)

    def _start(self, key: str) -> asyncio.Task[Lookup]:
        task = self._running.get(key)
        if task is None:
            if len(self._running) >= MAX_WAITING:
                raise RoutingError(
                    "too many certificates are being looked up", f"certificate: {MAX_WAITING} searches wait"
                )
            task = asyncio.create_task(self._look(key))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        return task

    async def _look(self, key: str) -> Lookup:
        """Begun again when what is judged by changes meanwhile."""
        while True:
            generation = self._generation
            lookup = await self._read_or_found_out(key)
            if self._still(generation, key):
                return lookup

    def _still(self, generation: int, key: str) -> bool:
        """Whether *generation* is the present one; if not, memory may hold of *key* what the one before judged."""
        if generation != self._generation:
            self._memory.pop(key, None)
        return generation == self._generation

    async def _read_or_found_out(self, key: str) -> Lookup:
        """From the store what holds, else from a search."""
        if not await self._is_judged_alike():
            return self._unwritten(key, self._last(key))
        previous = await self._store.run(lambda: self._records.lookup(key))
        now = self._clock()
        if previous is None:
            return await self._found_out(key, self._last(key))
        if holds(previous, now):
            if previous.known is Known.YES and now >= _ahead(previous):
                self._refresh(key, previous)
            return self._remember(previous)
        if stays_on_the_next_way(previous, now, self._settings.patience_seconds):
            self._refresh(key, previous)
            return self._remember(replace(previous, expires_at=now + UNKNOWN_SECONDS))
        return await self._found_out(key, previous)

    def _refresh(self, key: str, previous: Lookup) -> None:
        if key not in self._refreshing and len(self._refreshing) < MAX_WAITING // 2:
            task = asyncio.create_task(self._look_anew(key, previous, self._generation))
            self._refreshing[key] = task
            task.add_done_callback(lambda _: self._refreshing.pop(key, None))

    async def _look_anew(self, key: str, previous: Lookup, generation: int) -> None:
        await self._found_out(key, previous)
        self._still(generation, key)

    async def _found_out(self, key: str, previous: Lookup | None) -> Lookup:
        """Search, record, remember."""
        async with self._places:
            found = await self._search_under_present_settings(key)
        now = self._clock()
        unsure = found.known is Known.UNKNOWN or found.second_best
        good = (
            previous
            if previous is not None and previous.known is Known.YES and holds(previous, now)
            else None
        )
        if unsure and good is not None and not await self._has_any(key, found.revoked):
            return self._remember(good)  # a try before its time found nothing better: it still holds
        lookup = self._judged(found, previous, now)
        if await self._recorded(lookup, found.rows):
            return self._remember(lookup)
        return self._unwritten(key, previous)

    def _unwritten(self, key: str, previous: Lookup | None) -> Lookup:
        now = self._clock()
        since = unknown_since(previous, now, self._settings.patience_seconds)
        reason = "the store cannot be written"
        return self._remember(
            Lookup(key, Known.UNKNOWN, reason, now, now + UNKNOWN_SECONDS, unknown_since=since)
        )

    async def _is_judged_alike(self) -> bool:
        """Whether all that the store holds was judged by what counts now. What was judged by anything else is taken
        away, and until that is done nothing in it is believed."""
        digest = self._to_be_written
        if digest and not await self._written(partial(self._records.judge_by, digest)):
            return False
        if self._to_be_written == digest:
            self._to_be_written = ""
        return not self._to_be_written

    async def _has_any(self, key: str, revoked: Set[str]) -> bool:
        """Whether one of *revoked* (fingerprints) may be what is encrypted to for *key*."""
        if not revoked:
            return False
        rows = await self._store.run(lambda: self._records.found(key))
        return rows is None or any(row.fingerprint in revoked for row in rows)

    async def _search_under_present_settings(self, key: str) -> SearchResult:
        while True:
            generation = self._generation
            try:
                found = await self._finder.find(key)
            except Exception as error:
                self._events.failed("certificate search", error)  # a fault of ours is a "don't know" too
                found = SearchResult(key, Known.UNKNOWN, "the search failed")
            if generation == self._generation:
                CERTIFICATE_SEARCHES.labels(found.known.value).inc()
                self._events.certificate_sought(key, found.known, found.reason)
                return found

    def _judged(self, found: SearchResult, previous: Lookup | None, now: float) -> Lookup:
        """How long the outcome holds."""
        since = None
        if found.known is Known.YES:
            life = (min(row.good_until for row in found.rows) - now) * EARLIER
            if found.second_best:  # as long as it would be believed that the better source has none
                life = min(life, self._settings.absent_seconds)
        elif found.known is Known.NO:
            life = self._settings.absent_seconds
        else:
            since = unknown_since(previous, now, self._settings.patience_seconds)
            patient = now - since < self._settings.patience_seconds
            life = UNKNOWN_SECONDS if patient else ON_THE_NEXT_WAY_SECONDS
        return Lookup(found.address, found.known, found.reason, now, now + life, since)

    async def _recorded(self, lookup: Lookup, rows: Sequence[CertificateRow]) -> bool:
        return await self._written(lambda: self._records.record(lookup, rows))

    async def _written(self, write: Callable[[], object]) -> bool:
        def wrote() -> bool:
            write()
            return True

        return bool(await self._store.run(wrote, late=True))

    def _last(self, key: str) -> Lookup | None:
        remembered = self._memory.get(key)
        return remembered.lookup if remembered is not None else None

    def _remember(self, lookup: Lookup) -> Lookup:
        self._memory[lookup.address] = _Remembered(lookup, self._clock())
        self._memory.move_to_end(lookup.address)
        while len(self._memory) > MAX_ADDRESSES:
            self._memory.popitem(last=False)
        return lookup


def _ahead(lookup: Lookup) -> float:
    return lookup.checked_at + AHEAD * (lookup.expires_at - lookup.checked_at)
