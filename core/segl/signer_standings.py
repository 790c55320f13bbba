"""What authorities say of the certificates that others signed their mail with, for those who may not ask them.

``segl-deliver`` verifies signatures and may not use the network; ``segl-map`` asks authorities anyway. So the first
writes a chain it wants to know of into the store (:meth:`SignerStandings.want`), the second answers
(:meth:`SignerStandings.answer`), and both meet in one row. Only chains that lead to an authority that the postmaster
trusts are asked for: who is asked, stands in certificates of its making.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.certificates.records import Revocation
from segl.store.engine import insert_into, transaction
from segl.tables.certificates import signer_standing

# Nothing holds for more than an hour (segl_routing.certificates.signers). What does was said by a clock that was ahead,
# and a certificate that was revoked since would be good until then.
_LONGEST: Final = 7200.0  # seconds
MOST_WANTED: Final = 1000  # chains that wait for an answer at one time
MOST_AT_ONCE: Final = 32  # given out by one look
MOST_IN_HAND: Final = 256  # slow authorities hold theirs for a minute


@dataclass(frozen=True, slots=True)
class Answered:
    """``standing`` holds up to ``until`` (Unix seconds)."""

    standing: Revocation
    reason: str
    until: float


class SignerStandings:
    """All methods block and raise :class:`~segl.errors.StoreError`. *chain* is in DER, leaf first, root last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def known(self, chain: Sequence[bytes], now: float) -> Answered | None:
        """What holds of *chain* at *now*; ``None``: nobody has said."""
        table = signer_standing
        columns = sa.select(table.c.standing, table.c.reason, table.c.until)
        with transaction(self._engine) as connection:
            row = connection.execute(columns.where(table.c.chain_id == _id(chain))).one_or_none()
        if row is None or not row.until - _LONGEST <= now < row.until:
            return None
        try:
            return Answered(Revocation(row.standing), row.reason, row.until)
        except ValueError:
            return None

    def want(self, chain: Sequence[bytes], now: float) -> bool:
        """Ask for *chain*; ``False`` when too many wait already."""
        table, own = signer_standing, _id(chain)
        with transaction(self._engine) as connection:
            waiting = sa.select(sa.func.count()).where(table.c.wanted_at.is_not(None))
            if (connection.scalar(waiting) or 0) >= MOST_WANTED:
                return False
            new = insert_into(connection, table).values(
                chain_id=own, chain=_joined(chain), wanted_at=now, standing="", reason="", until=0.0
            )
            connection.execute(
                new.on_conflict_do_update(index_elements=[table.c.chain_id], set_={"wanted_at": now})
            )
        return True

    def wanted(self, but: Collection[tuple[bytes, ...]] = ()) -> list[tuple[bytes, ...]]:
        """Some of the chains that wait, the oldest first. *but* are those already in hand."""
        table = signer_standing
        others = table.c.wanted_at.is_not(None) & table.c.chain_id.not_in([_id(chain) for chain in but])
        asked = sa.select(table.c.chain).where(others).order_by(table.c.wanted_at)
        with transaction(self._engine) as connection:
            return [
                _parted(row.chain)
                for row in connection.execute(asked.limit(max(0, min(MOST_AT_ONCE, MOST_IN_HAND - len(but)))))
            ]

    def answer(self, chain: Sequence[bytes], answered: Answered) -> None:
        table = signer_standing
        values = {
            "standing": answered.standing.value,
            "reason": answered.reason[:255],
            "until": answered.until,
        }
        with transaction(self._engine) as connection:
            connection.execute(
                sa.update(table).where(table.c.chain_id == _id(chain)).values(wanted_at=None, **values)
            )

    def prune(self, before: float) -> None:
        """Forget what ran out before *before*, and questions from before it."""
        table = signer_standing
        old = (table.c.until < before) & (table.c.wanted_at.is_(None) | (table.c.wanted_at < before))
        with transaction(self._engine) as connection:
            connection.execute(sa.delete(table).where(old))


def _id(chain: Sequence[bytes]) -> str:
    return sha256(_joined(chain)).hexdigest()


def _joined(chain: Sequence[bytes]) -> bytes:
    return b"".join(len(der).to_bytes(4, "big") + der for der in chain)


def _parted(joined: bytes) -> tuple[bytes, ...]:
    parts: list[bytes] = []
    at = 0
    while at < len(joined):
        end = at + 4 + int.from_bytes(joined[at : at + 4], "big")
        parts.append(joined[at + 4 : end])
        at = end
    return tuple(parts)
