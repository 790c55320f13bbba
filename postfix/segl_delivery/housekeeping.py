"""What segl-deliver does once an hour: what has ended is shredded, what was left over taken away, and the log told
which messages have lost their file, where the audit trail ends, and whether it has what was its end an hour ago.

Every node does it; each step takes what the others have left.
"""

from __future__ import annotations

from sqlalchemy.engine import Engine

from segl import audit, nodes
from segl.clock import Clock
from segl.errors import DeliveryError
from segl.events import Events
from segl.metrics import AUDIT_WENT_BACK, SEALED_MISSING
from segl.sealed.belonging import storage_of
from segl.sealed.life import forget_ended, is_known, shred_expired, sweep_portal
from segl.sealed.missing import missing, openable
from segl.settings import Settings

_DAY = 86400.0


def is_believed(engine: Engine, events: Events, clock: Clock, now: float) -> bool:
    """Whether *now* may be the time; the log is told when not. Raises :class:`~segl.errors.StoreError`."""
    heard = nodes.last_heard(engine)
    believed = clock.believes(now, heard)
    if not believed:
        events.clock_doubted(now, heard)
    return believed


def announce(settings: Settings, engine: Engine, events: Events, clock: Clock, now: float) -> None:
    """Other nodes see what changed here. Not at a time that is doubted: what the store knows of the time is what the
    clock is held against, also by who starts next. Raises :class:`~segl.errors.StoreError`."""
    if is_believed(engine, events, clock, now):
        nodes.announce(engine, nodes.this_node(settings, now))


def keep_house(settings: Settings, engine: Engine, events: Events, now: float) -> None:
    """One round. Blocking. Raises :class:`~segl.errors.StoreError`."""
    directory = storage_of(settings.portal, engine)
    nodes.announce(engine, nodes.this_node(settings, now))
    secrets = shred_expired(engine, directory, now)
    files, wanted = 0, openable(engine, now)
    try:
        files = directory.sweep(lambda file_id: is_known(engine, file_id), now, wanted.discard)
    except DeliveryError as error:  # what is left over lies there an hour longer
        events.storage_unusable(error)
    else:
        gone = missing(engine, directory, wanted, now)
        SEALED_MISSING.set(len(gone))
        if gone:
            events.sealed_missing(gone)
    sweep_portal(engine, now)
    forget_ended(engine, now - settings.receipts.retention_days * _DAY)
    if files or secrets:
        events.swept(files, secrets)
    head, lost = audit.note_head(engine)
    if lost is not None:
        AUDIT_WENT_BACK.set(1)
        events.audit_went_back(str(lost), str(head))
    events.audit_head(str(head))
