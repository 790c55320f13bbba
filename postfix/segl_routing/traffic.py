"""Counts recipients by way from what Postfix asks, which is never "a message": it asks several times for each.

The queue manager asks for every recipient of every message, and again at each try. So a recipient and way counts
once in ten minutes, and not again while his copy waits in the queue for another try. Two messages to one person
within ten minutes count as one, a person who gets one message by two ways (forced TLS failed, then the portal)
counts for both. Own recipients are not counted.

What forced TLS delivered is told by nobody but Postfix's reports. The queue shows a little: a copy that was to go
by TLS and is not in the queue at a later look has *left* it; delivered, or given back to its sender.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from prometheus_client import Counter

from segl.addresses import domain_of
from segl.metrics import RECIPIENTS
from segl.traffic_writer import TrafficWriter
from segl.vocabulary import Way
from segl_routing.queue_watch import Seen

K = TypeVar("K")

ONCE_SECONDS = 600.0
MOST_REMEMBERED = 100_000  # recipients
# Between an answer and the look that misses its copy: the clocks of a queue and of a process are read apart.
_SETTLED_SECONDS = 1.0

_COUNTED: dict[Way, Counter] = {
    way: RECIPIENTS.labels(way.value) for way in Way if way not in (Way.PLAIN, Way.INTERNAL)
}


class Traffic:
    """For the event loop's thread."""

    def __init__(self, writer: TrafficWriter, *, clock: Callable[[], float] = time.time) -> None:
        """*clock* gives Unix seconds."""
        self._writer = writer
        self._clock = clock
        self._counted: OrderedDict[tuple[str, Way], float] = OrderedDict()
        self._on_the_way: OrderedDict[str, float] = OrderedDict()  # address: when TLS was answered last
        self._waiting: frozenset[str] = frozenset()

    def answered(self, address: str, way: Way) -> None:
        """Postfix was told to send *address*'s copy by *way*."""
        counter = _COUNTED.get(way)
        domain = domain_of(address)
        if counter is None or not domain:
            return
        now = self._clock()
        if way is Way.TLS:
            _remember(self._on_the_way, address, now)
        else:
            self._on_the_way.pop(address, None)
        last = self._counted.get((address, way))
        if last is not None and (now - last < ONCE_SECONDS or address in self._waiting):
            return
        _remember(self._counted, (address, way), now)
        counter.inc()
        self._writer.count(domain, way)

    def looked(self, seen: Seen) -> None:
        """A look at the queue shows who waits, and who has left it."""
        self._waiting = seen.addresses
        if not seen.whole:
            return
        before = seen.began - _SETTLED_SECONDS
        for address in [one for one, at in self._on_the_way.items() if at < before]:
            if address not in seen.addresses:
                del self._on_the_way[address]
                self._writer.delivered(domain_of(address), Way.TLS)


def _remember(kept: OrderedDict[K, float], key: K, now: float) -> None:
    kept[key] = now
    kept.move_to_end(key)
    if len(kept) > MOST_REMEMBERED:
        kept.popitem(last=False)
