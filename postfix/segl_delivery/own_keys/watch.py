"""How long our own keys hold yet: for the metric, the log, ``segl doctor`` and ``segl status``."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from segl import metrics
from segl.days import DAY_SECONDS
from segl.events import Events
from segl_delivery.keyring import KeyRing, KeysUnreadable, OwnKey

SOON_DAYS: Final = 30


def first_end(keys: Iterable[OwnKey]) -> OwnKey | None:
    """Of the active keys the one that ends first."""
    active = [own for own in keys if not own.retired]
    return min(active, key=lambda own: own.certificate.not_valid_after_utc, default=None)


def days_left(own: OwnKey, now: float) -> float:
    """Until its certificate ends; below zero when it has."""
    left = own.certificate.not_valid_after_utc - datetime.fromtimestamp(now, UTC)
    return left.total_seconds() / DAY_SECONDS


class KeyWatch:
    """Looks at the keys now and then: sets the metric each time, and warns once a day."""

    def __init__(self, ring: KeyRing, events: Events, clock: Callable[[], float] = time.time) -> None:
        self._ring, self._events, self._clock = ring, events, clock
        self._warned = -math.inf

    def look(self) -> None:
        """Blocking. While a key cannot be used no day is left: mail to it waits. Raises
        :class:`~segl_delivery.keyring.KeysUnreadable`."""
        try:
            now, keys, locked = self._clock(), self._ring.keys(), self._ring.locked()
        except KeysUnreadable:
            metrics.OWN_KEY_DAYS.set(0)
            raise
        first = first_end(keys)
        left = math.nan if first is None else days_left(first, now)
        metrics.OWN_KEY_DAYS.set(0 if locked else left)
        ending = [own for own in keys if not own.retired and days_left(own, now) < SOON_DAYS]
        if ending and not 0 <= now - self._warned < DAY_SECONDS:
            self._warned = now
            for own in ending:
                self._events.own_key_ends(own.name, days=math.floor(days_left(own, now)))
