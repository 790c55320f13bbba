"""Gathers counts of traffic in memory and writes them every few seconds, in a thread: no answer waits for the store.

What a process has gathered since then is lost when it is killed; a store that fails costs nothing, as
the numbers are kept for the next try.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from sqlalchemy.engine import Engine

from segl.errors import StoreError
from segl.events import Events
from segl.store import transaction
from segl.traffic import add, day_of, prune
from segl.vocabulary import Way

WRITE_SECONDS = 10.0
PRUNE_SECONDS = 3600.0
MOST_PENDING = 100_000  # rows; while the store fails, what would be more is not counted


class TrafficWriter:
    """One process's share. Its methods may be called from several threads."""

    def __init__(self, engine: Engine, events: Events, *, clock: Callable[[], float] = time.time) -> None:
        """*clock* gives Unix seconds. The engine stays its owner's."""
        self._engine = engine
        self._events = events
        self._clock = clock
        self._lock = threading.Lock()
        self._writing = (
            threading.Lock()
        )  # one write at a time: the last one at a stop waits for the one before
        self._counts: dict[tuple[str, str, Way], int] = {}
        self._moments: dict[tuple[str, Way], float] = {}
        self._pruned_at = 0.0

    def count(self, domain: str, way: Way) -> None:
        """A recipient at *domain* (normal form) goes by *way*."""
        key = (domain, day_of(self._clock()), way)
        with self._lock:
            if key in self._counts or len(self._counts) < MOST_PENDING:
                self._counts[key] = self._counts.get(key, 0) + 1

    def delivered(self, domain: str, way: Way) -> None:
        """Mail to *domain* got through by *way*, now."""
        with self._lock:
            if (domain, way) in self._moments or len(self._moments) < MOST_PENDING:
                self._moments[domain, way] = self._clock()

    async def run(self, days: Callable[[], int]) -> None:
        """Write until cancelled; forget now and then what is older than *days*."""
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await asyncio.to_thread(self.write)
            if self._clock() >= self._pruned_at + PRUNE_SECONDS:
                self._pruned_at = self._clock()
                await asyncio.to_thread(self.prune, days())

    def write(self) -> None:
        """Write what there is. Waits for the store; never raises."""
        with self._writing:
            with self._lock:
                counts, self._counts = self._counts, {}
                moments, self._moments = self._moments, {}
            if not counts and not moments:
                return
            try:
                with transaction(self._engine) as connection:
                    add(connection, counts, moments)
            except StoreError as error:
                self._events.failed("traffic", error)
                with self._lock:
                    for key, number in counts.items():
                        self._counts[key] = self._counts.get(key, 0) + number
                    self._moments = {**moments, **self._moments}

    def prune(self, days: int) -> None:
        """Forget what is older than *days*. Waits for the store; never raises."""
        now = self._clock()
        try:
            with transaction(self._engine) as connection:
                prune(connection, day_of(now, days), now - days * 86400.0)
        except StoreError as error:
            self._events.failed("traffic", error)
