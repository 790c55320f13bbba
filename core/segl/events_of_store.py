"""Log events of the store: a part of :mod:`segl.events`, which see."""

from __future__ import annotations

from datetime import datetime

from segl.log import Logged
from segl.store.watch import HINT


class StoreEvents(Logged):
    def store_locked(self, file: str, since: float) -> None:
        """Another program keeps the store's *file*, since then (Unix seconds). Told once, until :meth:`store_free`."""
        at = datetime.fromtimestamp(since).astimezone().isoformat(timespec="seconds")
        self._log.error("store_locked", file=file, since=at, hint=HINT)

    def store_free(self, file: str, *, seconds: float, in_vain: int) -> None:
        """After so long; so many transactions of this process were *in_vain*, of which nothing else is told."""
        self._log.warning("store_free", file=file, seconds=round(seconds, 1), in_vain=in_vain)
