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

    def store_newer(self, schema: str) -> None:
        """A newer Segl has brought the store to *schema* while this process ran: it goes on, and deletes nothing."""
        hint = "install the newer one here, too, or start this process anew if that was done"
        self._log.warning("store_newer", schema=schema, hint=hint)
