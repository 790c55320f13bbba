"""Certificates that an authority said are revoked: kept until they end by themselves, for whoever asks next.

An authority's word is fetched over plain HTTP, and whoever stands in between can hold it back, or send an older one
that is still signed and dated. What was heard of a revocation outlives that, and a restart, and serves all nodes; only
a later word of the authority takes it back (``segl_routing.certificates.revocation``).
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.store.engine import insert_into, transaction
from segl.tables.certificates import revoked_certificate


@dataclass(frozen=True, slots=True)
class Revoked:
    """``reason`` is for people; ``said_at`` when the authority said so, ``ends`` when the certificate runs out (both
    Unix seconds; ``said_at`` is ``None`` where it gave no time)."""

    reason: str
    said_at: float | None
    ends: float


class RevokedCertificates:
    """All methods block and raise :class:`~segl.errors.StoreError`. *certificate* and *issuer* are fingerprints: a
    certificate is revoked by whoever holds the key that issued it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, certificate: str, issuer: str) -> Revoked | None:
        table = revoked_certificate.c
        wanted = sa.select(table.reason, table.said_at, table.ends)
        with transaction(self._engine) as connection:
            row = connection.execute(wanted.where(*_mine(certificate, issuer))).one_or_none()
        return None if row is None else Revoked(row.reason, row.said_at, row.ends)

    def keep(self, certificate: str, issuer: str, revoked: Revoked) -> None:
        values = {"reason": revoked.reason[:255], "said_at": revoked.said_at, "ends": revoked.ends}
        keys = list(revoked_certificate.primary_key)
        with transaction(self._engine) as connection:
            new = insert_into(connection, revoked_certificate).values(
                certificate=certificate, issuer=issuer, **values
            )
            connection.execute(new.on_conflict_do_update(index_elements=keys, set_=values))

    def forget(self, certificate: str, issuer: str) -> None:
        """The authority took it back."""
        with transaction(self._engine) as connection:
            connection.execute(revoked_certificate.delete().where(*_mine(certificate, issuer)))

    def prune(self, before: float) -> None:
        """Forget those that ran out by themselves before *before*: such a certificate is not used for anything."""
        with transaction(self._engine) as connection:
            connection.execute(revoked_certificate.delete().where(revoked_certificate.c.ends < before))


def _mine(certificate: str, issuer: str) -> tuple[sa.ColumnElement[bool], ...]:
    return revoked_certificate.c.certificate == certificate, revoked_certificate.c.issuer == issuer
