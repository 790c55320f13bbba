"""Notes on which proof's word TLS policies are given, for receipts (:mod:`segl.given_proofs`).

An answer never waits for the store: it is noted in memory, as a stretch of time that goes on while the proof stays the
same, and written soon. What could not be written is kept and tried again until it is.
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
from segl.store import transaction
from segl.vocabulary import Proof

WRITE_SECONDS: Final = 1.0  # between two writes; the first after a rest is made at once
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

    def note(self, next_hop: str, proof: Proof | None) -> None:
        """A policy was given now for *next_hop* as Postfix wrote it, on the word of *proof*."""
        hop, now = next_hop.lower(), self._clock()
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
            await self._news.wait()
            self._news.clear()
            waiting, self._unwritten = self._unwritten, OrderedDict()
            try:
                await asyncio.to_thread(self._write, waiting)
                failed = False
            except StoreError as error:
                if not failed:
                    self._events.failed("given proofs", error)
                failed = True
                self._take_back(waiting)
            except asyncio.CancelledError:
                self._take_back(
                    waiting
                )  # the thread may or may not have written them: twice is as good as once
                raise
            await asyncio.sleep(self._seconds)

    def close(self) -> None:
        """Write what is left, when nobody runs any more. Blocking."""
        with suppress(StoreError):
            self._write(self._unwritten)

    def _await(self, given: Given) -> None:
        self._unwritten[given.next_hop, given.begun, given.proof] = given
        if len(self._unwritten) > _MOST:
            self._unwritten.popitem(last=False)

    def _take_back(self, waiting: OrderedDict[tuple[str, float, Proof | None], Given]) -> None:
        newer, self._unwritten = self._unwritten, OrderedDict()
        for given in (*waiting.values(), *newer.values()):
            self._await(given)
        self._news.set()

    def _write(self, waiting: OrderedDict[tuple[str, float, Proof | None], Given]) -> None:
        with transaction(self._engine) as connection:
            given_proofs.keep(connection, self._node, waiting.values())
