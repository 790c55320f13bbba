"""What the process needs of receipts besides its agents: the key, and forgetting in time."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine import Engine

from segl import given_proofs
from segl.days import DAY_SECONDS
from segl.events import Events
from segl.receipts import digests, protection
from segl.receipts.key import KeyUnusable, ReceiptKey
from segl.receipts.records import forget
from segl.settings.document import Settings
from segl.store.engine import transaction


def receipt_key(settings: Settings, events: Events) -> ReceiptKey | None:
    """Without a key mail goes as ever, and its senders get Postfix's own reports."""
    try:
        return ReceiptKey.load(settings.receipts.key)
    except KeyUnusable as error:
        events.receipts_off(error)
        return None


def forget_old(
    engine: Engine, settings: Settings, now: float, go_on: Callable[[], None] = lambda: None
) -> None:
    """Delete what was kept long enough: what the log said of a message together with it, what it said of no message
    that is known (a canary, one without receipts) after the shortest time that any is kept, and on which proofs TLS
    policies were given after the longest. In pieces; *go_on* is asked between two of them. Raises
    :class:`~segl.errors.StoreError`."""
    own = (rule.retention_days for rule in settings.receipt if rule.retention_days is not None)
    kept = (settings.receipts.retention_days, *own)
    forget(engine, now, go_on)
    protection.forget_orphans(engine, now - min(kept) * DAY_SECONDS, go_on)
    given_proofs.forget(engine, now - max(kept) * DAY_SECONDS, go_on)
    with transaction(engine) as connection:
        digests.forget_refusals(connection, now)
