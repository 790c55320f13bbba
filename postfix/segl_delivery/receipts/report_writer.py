"""Writes what delivery reports say, many in one transaction.

A commit waits for the disk. When many reports come at once (a round letter, a server that is up again), those that
arrive while one commit runs share the next. A report is answered 250 only when it is on disk, so none is lost
however this process ends; twice is as good as once.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable

from sqlalchemy.engine import Engine

from segl.errors import StoreError
from segl.metrics import RECIPIENTS
from segl.receipts.records import Heard, WrongSender, hear
from segl.receipts.statistics import WAYS
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl.vocabulary import Way

AT_ONCE = 200  # reports
# So that others get at the store in between; a report of more has a commit of its own.
RECIPIENTS_AT_ONCE = 500

_Waiting = tuple[Heard, asyncio.Future[bool]]


class ReportWriter:
    """One writer for all sessions of this process."""

    def __init__(self, engine: Engine, settings: Callable[[], Settings]) -> None:
        self._engine = engine
        self._settings = settings
        self._waiting: list[_Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self.written = asyncio.Event()  # set after each write, for whoever waits for news

    async def hear(self, heard: Heard) -> bool:
        """Write *heard* down; whether its name and sender fit together. Raises :class:`StoreError`."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((heard, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await future

    async def _write_all(self) -> None:
        while self._waiting:
            number = _together(heard for heard, _ in self._waiting)
            batch, self._waiting = self._waiting[:number], self._waiting[number:]
            try:
                fits = await asyncio.to_thread(self._write, [heard for heard, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(_as_store_error(error))
                continue
            for (_, future), fit in zip(batch, fits, strict=True):
                if not future.done():
                    future.set_result(fit)
            self.written.set()

    def _write(self, batch: list[Heard]) -> list[bool]:
        terms_of, now = self._settings().receipt_terms, time.time()
        fits = [True] * len(batch)
        served: Counter[Way] = Counter()
        with transaction(self._engine) as connection:
            # in a fixed order: writers on two hosts wait for each other, and never in a circle
            for at in sorted(range(len(batch)), key=lambda at: batch[at].id):
                try:
                    hear(connection, batch[at], terms_of, now, lambda way: served.update([way]))
                except WrongSender:
                    fits[at] = False
        for way, number in served.items():
            if way in WAYS:
                RECIPIENTS.labels(way.value).inc(number)
        return fits


def _together(waiting: Iterable[Heard]) -> int:
    """How many of those *waiting*, at least one, share the next commit."""
    recipients = 0
    for number, heard in enumerate(waiting):
        recipients += len(heard.news)
        if number == AT_ONCE or (number and recipients > RECIPIENTS_AT_ONCE):
            return number
    return number + 1


def _as_store_error(error: Exception) -> StoreError:
    if isinstance(error, StoreError):
        return error
    return StoreError("the report cannot be kept now", f"delivery report: {type(error).__name__}: {error}")
