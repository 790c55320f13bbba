"""What the process needs of receipts besides its agents: the key, and forgetting in time."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.receipts import digests, protection
from segl.receipts.key import KeyUnusable, ReceiptKey
from segl.receipts.records import forget
from segl.settings import Settings
from segl.store import transaction

EVIDENCE_DAYS: Final = 30  # of how TLS protected deliveries; `segl receipt show` tells it for so long


def receipt_key(settings: Settings, events: Events) -> ReceiptKey | None:
    """Without a key mail goes as ever, and its senders get Postfix's own reports."""
    try:
        return ReceiptKey.load(settings.receipts.key)
    except KeyUnusable as error:
        events.receipts_off(error)
        return None


def forget_old(engine: Engine, now: float) -> None:
    """Delete what was kept long enough. Raises :class:`~segl.errors.StoreError`."""
    with transaction(engine) as connection:
        forget(connection, now)
        protection.forget(connection, now - EVIDENCE_DAYS * 86400)
        digests.forget_refusals(connection, now)
