"""What a process tells of a store that is locked: the log once when it begins and once when it ends, and a metric."""

from __future__ import annotations

import time

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.metrics import STORE_LOCKED
from segl.store.engine import watch_locks


def tell_of_locks(engine: Engine, events: Events) -> None:
    """From now on. Nothing is locked so of PostgreSQL."""

    def locked(since: float) -> None:
        STORE_LOCKED.set(since)
        events.store_locked(str(engine.url.database), since)

    def free(since: float, in_vain: int) -> None:
        STORE_LOCKED.set(0)
        events.store_free(str(engine.url.database), seconds=time.time() - since, in_vain=in_vain)

    watch_locks(engine, locked, free)
