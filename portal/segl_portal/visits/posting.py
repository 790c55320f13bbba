"""Sends codes after the page has answered, so that how long an answer takes tells nothing of whether a code goes.

A few threads and a short queue. When the queue is full no more codes are promised. A code that could not be sent is
told to the log alone: the page has promised it already, and offers another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from segl.events import Events

THREADS: Final = 8
MOST: Final = 400
Job = Callable[[], None]


class Posting:
    """The threads that send. One for the process; :meth:`close` lets what is promised go out."""

    def __init__(self, events: Events, *, most: int = MOST, threads: int = THREADS) -> None:
        self._events = events
        self._most = most
        self._waiting = 0
        self._changed = threading.Condition()
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="codes")

    @property
    def full(self) -> bool:
        with self._changed:
            return self._waiting >= self._most

    def put(self, job: Job) -> None:
        """Take *job* on. Whoever puts asks first whether it is :attr:`full`; a few more than that do no harm."""
        with self._changed:
            self._waiting += 1
        self._executor.submit(self._run, job)

    def flush(self, seconds: float = 30.0) -> bool:
        """Wait until nothing is left to do; whether that came to be."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting == 0, seconds)

    def close(self) -> None:
        self._executor.shutdown(wait=True)

    def _run(self, job: Job) -> None:
        try:
            job()
        except Exception as error:
            self._events.failed("code", error)
        finally:
            with self._changed:
                self._waiting -= 1
                self._changed.notify_all()
