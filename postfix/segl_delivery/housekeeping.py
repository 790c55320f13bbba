"""What segl-deliver does once an hour: it shreds expired messages, removes leftovers, and logs which messages have lost
their file, the head of the audit trail, and whether the trail still contains the head of an hour ago.

Every node does it; each step takes what the others have left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy.engine import Engine

from segl import audit, nodes
from segl.clock import Clock, is_behind
from segl.days import DAY_SECONDS
from segl.errors import DeliveryError
from segl.events import Events
from segl.metrics import AUDIT_WENT_BACK, SEALED_MISSING
from segl.sealed.belonging import storage_of
from segl.sealed.life import forget_ended, is_known, shred_expired, sweep_portal
from segl.sealed.missing import missing, openable
from segl.sealed.storage import SealedStorage
from segl.settings.document import Settings
from segl.store.engine import newer_schema


class Left(Exception):
    """The round is to end."""


class Round:
    """One round, and whether it is to end: settings are in force that it does not know."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    def go_on(self) -> None:
        """Between two steps, in whatever thread. Raises :class:`Left`."""
        if self.left.is_set():
            raise Left


def is_believed(settings: Settings, engine: Engine, events: Events, clock: Clock, now: float) -> bool:
    """Whether *now* may be the time; the log is told when not, and when it is behind what the store knows: by such a
    clock nothing ends too soon. Also of a time that is too far ahead to count. Raises
    :class:`~segl.errors.StoreError`."""
    believed = nodes.is_believed(engine, settings.store.node_name, clock, now)
    furthest = nodes.furthest_ahead(engine)
    if not believed or is_behind(now, furthest):
        events.clock_doubted(now, furthest)
    return believed


def knows_all(engine: Engine, events: Events) -> bool:
    """Whether nothing lies in the store, or beside it, that only a newer Segl knows of; the log is told when some may.
    While nodes are upgraded one after the other the older ones go on, and what they do not know is not theirs to take
    away. Raises :class:`~segl.errors.StoreError`."""
    if (schema := newer_schema(engine)) is not None:
        events.store_newer(schema)
    return schema is None


def announce(settings: Settings, engine: Engine, events: Events, clock: Clock, now: float) -> None:
    """Other nodes see what changed here. Not at a time that is doubted: what the store knows of the time is what the
    clock is held against, also by who starts next. Raises :class:`~segl.errors.StoreError`."""
    if is_believed(settings, engine, events, clock, now):
        nodes.announce(engine, nodes.this_node(settings, now))


def keep_house(
    settings: Settings,
    engine: Engine,
    events: Events,
    now: float,
    *,
    go_on: Callable[[], None] = lambda: None,
) -> None:
    """One round. Blocking; ends between two steps with what *go_on* raises. Raises
    :class:`~segl.errors.StoreError`."""
    directory = storage_of(settings.portal, engine)
    nodes.announce(engine, nodes.this_node(settings, now))
    go_on()
    _take_away(engine, directory, events, now, go_on)
    go_on()
    sweep_portal(engine, now)
    forget_ended(engine, now, settings.receipts.retention_days * DAY_SECONDS)
    head, lost = audit.note_head(engine)
    if lost is not None:
        AUDIT_WENT_BACK.set(1)
        events.audit_went_back(str(lost), str(head))
    events.audit_head(str(head))


def _take_away(
    engine: Engine, directory: SealedStorage, events: Events, now: float, go_on: Callable[[], None]
) -> None:
    """What has ended and what was left over. The log is told how much it was, also of a round that ends half way: the
    next one does not find it any more."""
    files, secrets = 0, 0

    def shredded(count: int) -> None:
        nonlocal secrets
        secrets = count

    def known(file_id: str) -> bool:
        nonlocal files
        wanted_still = file_id in alive or is_known(engine, file_id)
        files += not wanted_still
        return wanted_still

    def see(file_id: str) -> None:
        go_on()
        wanted.discard(file_id)

    try:
        shred_expired(engine, directory, now, go_on, shredded)
        wanted = openable(engine, now)
        alive = frozenset(wanted)  # so that the store is asked of the others alone, one by one
        go_on()
        try:
            files = directory.sweep(known, now, see)
        except DeliveryError as error:  # what is left over lies there an hour longer
            events.storage_unusable(error)
        else:
            gone = missing(engine, directory, wanted, now)
            go_on()
            SEALED_MISSING.set(len(gone))
            if gone:
                events.sealed_missing(gone)
    finally:
        if files or secrets:
            events.swept(files, secrets)
