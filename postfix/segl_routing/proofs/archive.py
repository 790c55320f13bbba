"""Keeps what is known of domains in the store, so that it outlives a restart and other nodes share it.

A look-up must not wait for the store longer than for DNS (:mod:`segl_routing.store_thread`). A store that fails costs
a repeated check, never an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.events import Events
from segl.tables.domains import domain_knowledge
from segl_routing.newest import keep_newest
from segl_routing.proofs.archive_form import from_text, to_text
from segl_routing.proofs.facts import DomainFacts
from segl_routing.store_thread import Transactions

_AT_ONCE = 500  # domains in one question


class Archive(Protocol):
    """Where facts are kept between restarts."""

    async def read(self, domain: str) -> DomainFacts | None:
        """The facts kept of *domain*, of whatever age; ``None`` also when they cannot be read."""

    def write(self, facts: DomainFacts) -> None:
        """Keep *facts*, soon."""


class NoArchive:
    """Keeps nothing."""

    async def read(self, _domain: str) -> DomainFacts | None:
        return None

    def write(self, _facts: DomainFacts) -> None:
        return


class StoreArchive:
    """The table ``domain_knowledge`` of the store. That a domain takes no mail is not kept: it bounces mail,
    and is asked anew after a restart."""

    def __init__(self, engine: Engine, events: Events, *, writable: bool = True) -> None:
        self._writable = writable
        self._thread = Transactions(engine, events, "archive")

    async def read(self, domain: str) -> DomainFacts | None:
        return await self._thread.read(lambda connection: _read(connection, domain))

    def write(self, facts: DomainFacts) -> None:
        if self._writable and facts.no_mail is None:
            self._thread.write(lambda connection: _write(connection, facts))

    def prune(self, before: float) -> None:
        """Forget, soon, what was last checked before *before* (Unix seconds)."""
        old = domain_knowledge.delete().where(domain_knowledge.c.checked_at < before)
        if self._writable:
            self._thread.write(lambda connection: connection.execute(old))

    def close(self) -> None:
        """Wait until what was to be written is written."""
        self._thread.close()


def _read(connection: Connection, domain: str) -> DomainFacts | None:
    row = connection.execute(
        sa.select(domain_knowledge).where(domain_knowledge.c.domain == domain)
    ).one_or_none()
    return None if row is None else _facts(row)


def _write(connection: Connection, facts: DomainFacts) -> None:
    row = {
        "domain": facts.domain,
        "evidence": to_text(facts.evidence),
        "checked_at": facts.checked_at,
        "expires_at": facts.expires_at,
        "checked_with": facts.checked_with,
    }
    keep_newest(connection, domain_knowledge, row, by="checked_at")


def facts_in(connection: Connection, domains: Iterable[str], checked_with: str) -> dict[str, DomainFacts]:
    """What is kept of *domains*, of whatever age, and was found with these settings
    (:class:`segl_routing.proofs.checking.CheckedWith`); those of which nothing is, or nothing that can be read, are
    left out."""
    wanted = list(domains)
    found: dict[str, DomainFacts] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = domain_knowledge.c.domain.in_(wanted[first : first + _AT_ONCE])
        these = domain_knowledge.c.checked_with == checked_with
        for row in connection.execute(sa.select(domain_knowledge).where(some, these)):
            if (facts := _facts(row)) is not None:
                found[row.domain] = facts
    return found


def _facts(row: sa.Row[Any]) -> DomainFacts | None:
    try:
        evidence = from_text(row.evidence)
        return DomainFacts(
            row.domain, evidence, row.checked_at, row.expires_at, checked_with=row.checked_with
        )
    except ValueError:
        return None
