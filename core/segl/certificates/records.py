"""Recipient certificates in the store: what ``segl-map`` found and judged, and what is kept on purpose.

Two tables. ``recipient_certificate`` holds certificates by address: *kept* ones (imported by the postmaster,
harvested from signed mail), which are a source to search, and *found* ones, which the last search judged good
and which are replaced by the next. ``recipient_lookup`` holds how that search ended, a no and a don't-know too.

``segl-deliver`` encrypts to found rows alone, and only as long as they say so (``good_until``): it asks nobody.
Certificates are public; nothing here is secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.certificates.revoked import RevokedCertificates
from segl.store.engine import insert_into, transaction
from segl.tables.certificates import recipient_certificate, recipient_lookup
from segl.vocabulary import Known

MOST_KEPT: Final = 20  # for one address; the oldest goes
# A row of no mailbox says by what the others were judged.
_NOBODY: Final = ""
_NEVER: Final = 1e12


class Revocation(StrEnum):
    """What an authority says of a certificate it issued. What could not be found out is never taken for "good"."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """One certificate of one address (:func:`segl.certificates.names.mail_key`). Times are Unix seconds.

    ``chain``       DER certificates of authorities that came along.
    ``bound``, ``vouched``  as in :class:`segl_routing.certificates.sources.Offer`.
    ``good_until``  up to when the judgement (chain, revocation) may be relied on; 0 for kept rows.
    ``standing``    what its authority said last.
    """

    address: str
    fingerprint: str
    der: bytes
    source: str
    found_at: float
    checked_at: float
    good_until: float = 0.0
    standing: Revocation = Revocation.UNKNOWN
    bound: bool = False
    vouched: bool = False
    chain: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the last search for an address ended. ``unknown_since``: when the present run of don't-knows began."""

    address: str
    known: Known
    reason: str
    checked_at: float
    expires_at: float
    unknown_since: float | None = None


class CertificateRecords:
    """The two tables. Methods are blocking and raise :class:`~segl.errors.StoreError`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lookup(self, address: str) -> Lookup | None:
        table = recipient_lookup
        with transaction(self._engine) as connection:
            row = connection.execute(sa.select(table).where(table.c.address == address)).one_or_none()
        if row is None:
            return None
        try:
            return Lookup(
                row.address,
                Known(row.known),
                row.reason,
                row.checked_at,
                row.expires_at,
                row.unknown_since,
            )
        except ValueError:
            return None

    def record(self, lookup: Lookup, found: Sequence[CertificateRow]) -> None:
        """The end of a search: *found* takes the place of what was found before. All or nothing."""
        table, address = recipient_certificate, lookup.address
        with transaction(self._engine) as connection:
            # the look-up's row first: of two nodes at once the second waits here, and then sees the first's rows
            values = {
                "known": lookup.known.value,
                "reason": lookup.reason[:255],
                "checked_at": lookup.checked_at,
                "expires_at": lookup.expires_at,
                "unknown_since": lookup.unknown_since,
            }
            connection.execute(
                insert_into(connection, recipient_lookup)
                .values(address=address, **values)
                .on_conflict_do_update(index_elements=[recipient_lookup.c.address], set_=values)
            )
            connection.execute(table.delete().where(table.c.address == address, table.c.kept == sa.false()))
            for row in found:
                connection.execute(table.insert().values(_values(row, kept=False)))

    def found(self, address: str) -> list[CertificateRow]:
        """What the last search judged good, of whatever age."""
        return self._select(recipient_certificate.c.address == address, kept=False)

    def kept(self, address: str | None = None) -> list[CertificateRow]:
        """What was imported or harvested for *address*; for all when it is ``None``."""
        every = sa.true() if address is None else recipient_certificate.c.address == address
        return self._select(every, kept=True)

    @staticmethod
    def kept_in(connection: Connection) -> list[CertificateRow]:
        """All that was imported or harvested, within the caller's transaction."""
        return _selected(connection, recipient_certificate.c.kept == sa.true())

    def keep(self, row: CertificateRow) -> bool:
        """Keep *row*; says whether it is new. What was found before for its address counts no more, so that
        the next search sees it. Of too many for one address the oldest goes."""
        table = recipient_certificate
        mine = (table.c.address == row.address, table.c.kept == sa.true())
        with transaction(self._engine) as connection:
            known = connection.execute(
                sa.select(table.c.fingerprint).where(*mine).order_by(table.c.found_at)
            ).scalars()
            before = list(known)
            if row.fingerprint in before:
                return False
            for old in before[: max(0, len(before) + 1 - MOST_KEPT)]:
                connection.execute(table.delete().where(*mine, table.c.fingerprint == old))
            new = insert_into(connection, table).values(_values(row, kept=True))
            if connection.scalar(new.on_conflict_do_nothing().returning(table.c.address)) is None:
                return False  # another node kept it in this moment
            _forget_search(connection, row.address)
        return True

    def forget(self, address: str, fingerprint: str = "") -> int:
        """Forget what is kept and found for *address* (only the certificate whose fingerprint begins with
        *fingerprint*, when that is given); how many kept certificates went."""
        table = recipient_certificate
        where: list[Any] = [table.c.address == address, table.c.kept == sa.true()]
        if fingerprint:
            where.append(table.c.fingerprint.startswith(fingerprint.lower(), autoescape=True))
        with transaction(self._engine) as connection:
            gone = connection.execute(table.delete().where(*where)).rowcount
            _forget_search(connection, address)
        return int(gone)

    def forget_searches(self) -> None:
        """Every search counts no more: the settings that judge have changed."""
        with transaction(self._engine) as connection:
            connection.execute(
                recipient_certificate.delete().where(recipient_certificate.c.kept == sa.false())
            )
            connection.execute(recipient_lookup.delete().where(recipient_lookup.c.address != _NOBODY))

    def judge_by(self, digest: str) -> bool:
        """From now on searches are judged by what has this *digest* (settings, authorities). What was judged by
        anything else counts no more; whether there was such."""
        table = recipient_lookup
        with transaction(self._engine) as connection:
            before = connection.scalar(sa.select(table.c.reason).where(table.c.address == _NOBODY))
        if before == digest:
            return False
        self.forget_searches()
        values = {"known": Known.NO.value, "reason": digest, "checked_at": 0.0, "expires_at": _NEVER}
        with transaction(self._engine) as connection:
            connection.execute(
                insert_into(connection, table)
                .values(address=_NOBODY, **values)
                .on_conflict_do_update(index_elements=[table.c.address], set_=values)
            )
        return True

    @property
    def revoked(self) -> RevokedCertificates:
        """What authorities said is revoked."""
        return RevokedCertificates(self._engine)

    def prune(self, before: float) -> None:
        """Forget searches that ran out before *before* (Unix seconds), and revoked certificates that did."""
        self.revoked.prune(before)
        table = recipient_certificate
        with transaction(self._engine) as connection:
            connection.execute(table.delete().where(table.c.kept == sa.false(), table.c.good_until < before))
            connection.execute(recipient_lookup.delete().where(recipient_lookup.c.expires_at < before))

    def _select(self, where: sa.ColumnElement[bool], *, kept: bool) -> list[CertificateRow]:
        with transaction(self._engine) as connection:
            return _selected(connection, where, recipient_certificate.c.kept == sa.literal(kept))


def _selected(connection: Connection, *where: sa.ColumnElement[bool]) -> list[CertificateRow]:
    table = recipient_certificate
    rows = connection.execute(
        sa.select(table).where(*where).order_by(table.c.address, table.c.found_at.desc())
    )
    return [found for row in rows.all() if (found := _row(row)) is not None]


def _forget_search(connection: Connection, address: str) -> None:
    table = recipient_certificate
    connection.execute(table.delete().where(table.c.address == address, table.c.kept == sa.false()))
    connection.execute(recipient_lookup.delete().where(recipient_lookup.c.address == address))


def _values(row: CertificateRow, *, kept: bool) -> dict[str, Any]:
    return {
        "address": row.address,
        "fingerprint": row.fingerprint,
        "kept": kept,
        "der": row.der,
        "chain": _packed(row.chain),
        "source": row.source[:255],
        "bound": row.bound,
        "vouched": row.vouched,
        "found_at": row.found_at,
        "checked_at": row.checked_at,
        "good_until": row.good_until,
        "standing": row.standing.value,
    }


def _row(row: Any) -> CertificateRow | None:
    """``None`` for one whose standing has no name here: a later release wrote it, and it is not believed."""
    try:
        standing = Revocation(row.standing)
    except ValueError:
        return None
    return CertificateRow(
        address=row.address,
        fingerprint=row.fingerprint,
        der=row.der,
        source=row.source,
        found_at=row.found_at,
        checked_at=row.checked_at,
        good_until=row.good_until,
        standing=standing,
        bound=bool(row.bound),
        vouched=bool(row.vouched),
        chain=_unpacked(row.chain),
    )


def _packed(chain: Sequence[bytes]) -> bytes:
    """Each with its length before it, in four bytes."""
    return b"".join(len(der).to_bytes(4, "big") + der for der in chain)


def _unpacked(packed: bytes) -> tuple[bytes, ...]:
    chain: list[bytes] = []
    while len(packed) >= 4:
        length = int.from_bytes(packed[:4], "big")
        chain.append(packed[4 : 4 + length])
        packed = packed[4 + length :]
    return tuple(chain)
