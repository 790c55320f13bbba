"""What partners say they read, learnt from mail they signed: S/MIME capabilities (RFC 8551 §2.5.2) in the signature.

Kept only from signatures that passed every check, for whom the signature speaks: a person's address, or a whole domain
(``@kommune.dk``). The newest word counts, by the time the signer gives: an old message sent once more
cannot take a better algorithm away.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.days import DAY_SECONDS
from segl.store.engine import insert_into, transaction
from segl.tables.certificates import seen_capability

# Seconds; programs are replaced, and who has not written for so long is asked nothing.
LIFETIME: Final = 400 * DAY_SECONDS
_FUTURE: Final = DAY_SECONDS  # a signer's clock may be wrong by so much
_MOST: Final = 40
_LONGEST: Final = 1024


class SeenCapabilities:
    """All methods block and raise :class:`~segl.errors.StoreError`. Times are Unix seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, holder: str, algorithms: Collection[str], signed_at: float, now: float) -> bool:
        """*algorithms* (object identifiers) are what *holder* said at *signed_at*; says whether it is news."""
        if not now - LIFETIME < signed_at <= now + _FUTURE:
            return False
        written = " ".join(sorted(algorithms)[:_MOST])[:_LONGEST]
        table = seen_capability
        mine = table.c.holder == holder
        values = {"algorithms": written, "signed_at": signed_at, "seen_at": now}
        with transaction(self._engine) as connection:
            before = connection.scalar(sa.select(table.c.algorithms).where(mine))
            kept = connection.execute(
                insert_into(connection, table)
                .values(holder=holder, **values)
                .on_conflict_do_update(
                    index_elements=[table.c.holder], set_=values, where=table.c.signed_at < signed_at
                )
                .returning(table.c.holder)
            ).one_or_none()
        return kept is not None and before != written

    def of(self, holder: str, now: float) -> frozenset[str]:
        """What *holder* said last; nothing when that is long ago."""
        table = seen_capability
        wanted = sa.select(table.c.algorithms).where(
            table.c.holder == holder, table.c.signed_at > now - LIFETIME
        )
        with transaction(self._engine) as connection:
            found = connection.scalar(wanted)
        return frozenset((found or "").split())

    def prune(self, now: float) -> None:
        table = seen_capability
        with transaction(self._engine) as connection:
            connection.execute(sa.delete(table).where(table.c.signed_at <= now - LIFETIME))
