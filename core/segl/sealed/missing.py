"""Messages that recipients may open and whose file is not there any more: a disk that was lost, a backup put back
without the files, a bucket's rule that deletes.

The sweep looks for files without a row; this looks for rows without a file. Nobody else would notice: the recipient is
asked to try again later, and the sender hears at the end that his message was never opened. What is missing is told,
and nothing is taken away: it may be put back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.sealed.storage import SealedStorage
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient

_MOST: Final = 500  # files that are asked for one by one


def openable(engine: Engine, now: float) -> set[str]:
    """The messages that somebody can open, who may have a link."""
    message, row = sealed_message.c, sealed_recipient.c
    alive = sa.select(row.message_id).where(row.server_secret.is_not(None), row.notified_at.is_not(None))
    query = sa.select(message.id).where(
        message.removed_at.is_(None), message.expires_at > now, message.id.in_(alive)
    )
    with transaction(engine) as connection:
        return set(connection.scalars(query))


def missing(engine: Engine, place: SealedStorage, unseen: Iterable[str], now: float) -> list[str]:
    """Those of the messages *unseen* in a listing of the place whose files are gone for certain: of a place that does
    not answer nothing is certain, and what was revoked meanwhile is nobody's loss. At most some hundred."""
    gone = [one for one in sorted(unseen)[:_MOST] if _is_gone(place, one)]
    return sorted(openable(engine, now).intersection(gone)) if gone else []


def _is_gone(place: SealedStorage, message_id: str) -> bool:
    try:
        place.open(message_id).close()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
