"""What partners said they read, in mail they signed, asked of a store that may be locked, away, or hang.

It makes better what is encrypted anyway, and is never a reason to wait: what every program reads serves all. A database
whose host is gone answers nobody for as long as its connection takes to be given up, and one that hangs for as long as
it does; each message to a partner would wait for that, and take a thread along.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from sqlalchemy.engine import Engine

from segl.errors import StoreError
from segl.events import Events
from segl.seen_capabilities import SeenCapabilities
from segl.settings.document import Settings

SECONDS: Final = 5.0  # so long an answer is waited for: one takes milliseconds, and on a busy machine a while
PAUSE_SECONDS: Final = 60.0  # and after one that did not come nobody is asked
MOST: Final = 32  # questions without an answer, each of which keeps a thread


def said_in_mail(settings: Settings, engine: Engine, events: Events) -> Callable[[str], frozenset[str]]:
    """For :class:`segl_delivery.smime.outbound.Outbound`."""
    if not settings.encryption.learn:
        return lambda _holder: frozenset()
    seen = SeenCapabilities(engine)
    return SaidInMail(lambda holder: seen.of(holder, time.time()), events)


class SaidInMail:
    """Asks *ask* what a holder of certificates (a mail key, or "@" and a domain) said. Used by several threads."""

    def __init__(
        self, ask: Callable[[str], frozenset[str]], events: Events, seconds: float = SECONDS
    ) -> None:
        self._ask = ask
        self._events = events
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(MOST)
        self._not_before = 0.0  # by the monotonic clock

    def __call__(self, holder: str) -> frozenset[str]:
        """Nothing, where no answer comes in time. Does not raise."""
        if time.monotonic() < self._not_before or not self._places.acquire(blocking=False):
            return frozenset()
        answer: Future[frozenset[str]] = Future()
        # As a daemon: one that hangs must not hold up the end of the process.
        threading.Thread(target=self._answer, args=(holder, answer), name="said", daemon=True).start()
        try:
            return answer.result(self._seconds)
        except StoreError as error:
            fault = error
        except TimeoutError:
            fault = StoreError(
                "the store cannot be reached", f"store: no answer within {self._seconds:g} seconds"
            )
        self._not_before = time.monotonic() + PAUSE_SECONDS
        self._events.failed("capabilities", fault)
        return frozenset()

    def _answer(self, holder: str, answer: Future[frozenset[str]]) -> None:
        try:
            answer.set_result(self._ask(holder))
        except StoreError as error:
            answer.set_exception(error)
        finally:
            self._places.release()
