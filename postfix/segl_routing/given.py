"""Records which proof each TLS policy was based on, for receipts (:mod:`segl.given_proofs`).

An answer never waits for the store: it is recorded in memory, as a period that lasts while the proof stays the same,
and written soon afterwards; a failed write is retried until it succeeds. With it goes the period for which the record
is complete. That is written again for as long as a delivery that asked may last, so that its end lies within the
period.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from sqlalchemy.engine import Engine

from segl import given_proofs
from segl.errors import StoreError
from segl.events import Events
from segl.given_proofs import MOST_CHARACTERS, Given
from segl.store.engine import transaction
from segl.vocabulary import Proof

WRITE_SECONDS: Final = 1.0  # between two writes; the first after a rest is made at once
BEAT_SECONDS: Final = 5.0  # at most, between two writes of no more than that nothing new was given
_BEATS_SECONDS: Final = 600.0  # after the last policy: then whoever asked has long delivered
_MOST: Final = 100_000  # next hops in memory, and stretches that wait for the store; the oldest go first


class GivenProofs:
    """What this process gave. Not for use by several threads."""

    def __init__(
        self,
        engine: Engine,
        node: str,
        events: Events,
        *,
        clock: Callable[[], float] = time.time,
        seconds: float = WRITE_SECONDS,
    ) -> None:
        self._engine = engine
        self._node = node
        self._events = events
        self._clock = clock
        self._seconds = seconds
        self._latest: OrderedDict[str, Given] = OrderedDict()  # by next hop
        self._unwritten: OrderedDict[tuple[str, float, Proof | None], Given] = OrderedDict()
        self._news = asyncio.Event()
        self._noted_at = clock()
        self._since = self._begun()  # nothing that was given since then is lost

    def note(self, next_hop: str, proof: Proof | None) -> None:
        """A policy was given now for *next_hop* as Postfix wrote it, on the word of *proof*."""
        hop, now = next_hop.lower(), self._clock()
        if now < self._noted_at:  # a clock that was set back: of that time there are notes already
            self._since = now
        self._noted_at = now
        if len(hop) > MOST_CHARACTERS:
            return
        before = self._latest.pop(hop, None)
        if before is not None and before.proof is proof and before.until <= now:
            given = replace(before, until=now)
        else:  # another proof, or a clock that was set back
            given = Given(hop, proof, now, now)
        self._latest[hop] = given
        self._await(given)
        if len(self._latest) > _MOST:
            self._latest.popitem(last=False)
        self._news.set()

    async def run(self) -> None:
        """Write until cancelled."""
        failed = False
        while True:
            await self._next_write()
            self._news.clear()
            waiting, self._unwritten = self._unwritten, OrderedDict()
            try:
                await asyncio.to_thread(self._write, waiting, self._since, self._clock())
                failed = False
            except Exception as error:
                # Whatever it is (no memory, no thread): tried again, else none has a proof.
                if not failed:
                    self._events.failed("given proofs", error)
                failed = True
                self._take_back(waiting)
            except asyncio.CancelledError:
                # The thread may or may not have written them: twice is as good as once.
                self._take_back(waiting)
                raise
            await asyncio.sleep(self._seconds)

    def close(self) -> None:
        """Write what is left, when nobody runs any more. Blocking."""
        with suppress(StoreError):
            self._write(self._unwritten, self._since, self._clock())

    async def _next_write(self) -> None:
        """Something was given, or it is time to say that nothing was."""
        quiet = max(0.0, self._clock() - self._noted_at)
        # at first as often as may be: most deliveries end soon, and a receipt waits for this
        pause = None if quiet > _BEATS_SECONDS else min(quiet / 20, max(BEAT_SECONDS - self._seconds, 0.0))
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._news.wait()

    def _begun(self) -> float:
        now = self._clock()
        with suppress(StoreError), transaction(self._engine) as connection:
            return given_proofs.all_noted_since(connection, self._node, now)
        return now

    def _await(self, given: Given) -> None:
        self._unwritten[given.next_hop, given.begun, given.proof] = given
        if len(self._unwritten) > _MOST:
            self._unwritten.popitem(last=False)
            self._since = self._clock()

    def _take_back(self, waiting: OrderedDict[tuple[str, float, Proof | None], Given]) -> None:
        newer, self._unwritten = self._unwritten, OrderedDict()
        for given in (*waiting.values(), *newer.values()):
            self._await(given)
        self._news.set()

    def _write(
        self, waiting: OrderedDict[tuple[str, float, Proof | None], Given], since: float, until: float
    ) -> None:
        with transaction(self._engine) as connection:
            given_proofs.keep(connection, self._node, waiting.values())
            if since <= until:
                given_proofs.all_noted(connection, self._node, since, until)
