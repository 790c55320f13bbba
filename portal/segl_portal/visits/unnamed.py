"""Whether visitors can be told apart: whether the web server before us says whose a visit is.

Where it does not (``X-Forwarded-For``) all visitors count as one network and share its limits: one who asks without end
keeps all others out. Nobody but us can notice: the pages look as ever. So each code that such a visitor asks for is
noted in the store, up to :data:`MOST` a day, for the doctor; each of one with an address takes a note back, so that a
repair shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from sqlalchemy.engine import Engine

from segl import metrics
from segl.errors import StoreError
from segl.events import Events
from segl.metric_labels import VisitorAddress
from segl.store.engine import transaction
from segl_portal.visits import limits
from segl_portal.visits.limits import DAY, HOUR, Rule, Scope

MOST: Final = 10
_RULE: Final = Rule(Scope.UNNAMED, MOST, DAY)
_KEY: Final = "visitors"


class Visitors:
    """Blocking, and never in the way of the visit itself; called from threads."""

    def __init__(self, engine: Engine, events: Events, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._events = events
        self._clock = clock
        self._told = float("-inf")

    def asked(self, address: VisitorAddress, client: str) -> None:
        """A code was asked for by somebody whose address is known, or not; *client* is who connected."""
        metrics.PORTAL_VISITORS.labels(address).inc()
        now = self._clock()
        with suppress(StoreError):  # whoever asks for the code meets it, too
            self._note(address, now)
        if address is not VisitorAddress.KNOWN and not 0 <= now - self._told < HOUR:
            self._told = now
            self._events.visitors_unnamed(address, client)

    def _note(self, address: VisitorAddress, now: float) -> None:
        with transaction(self._engine) as connection:
            if address is not VisitorAddress.KNOWN:
                limits.passes(connection, _RULE, _KEY, now)
                return
            for day in (now, now - DAY):
                if limits.is_counted(connection, _RULE, _KEY, day):
                    limits.take_back(connection, _RULE, _KEY, day)
                    return
