"""Keeps what is known of domains in the store, so that it outlives a restart and other nodes share it.

The store may be slow or locked for seconds, and a look-up must not wait for it longer than for DNS: all of it
happens in one thread of its own. A store that fails costs a repeated check, never an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine

from segl.errors import StoreError
from segl.events import Events
from segl.store import domain_knowledge, transaction
from segl_routing.archive_form import from_text, to_text
from segl_routing.facts import CLOCK_SKEW, DomainFacts

T = TypeVar("T")

READ_SECONDS = 2.0  # a store slower than this counts as empty
_AT_ONCE = 500  # domains in one question


class Archive(Protocol):
    """Where facts are kept between restarts."""

    async def read(self, domain: str) -> DomainFacts | None:
        """The facts kept of *domain*, of whatever age; ``None`` also when they cannot be read."""

    def write(self, facts: DomainFacts) -> None:
        """Keep *facts*, soon."""

    def clear(self) -> None:
        """Forget everything, soon."""


class NoArchive:
    """Keeps nothing."""

    async def read(self, _domain: str) -> DomainFacts | None:
        return None

    def write(self, _facts: DomainFacts) -> None:
        return

    def clear(self) -> None:
        return


class StoreArchive:
    """The table ``domain_knowledge`` of the store. That a domain takes no mail is not kept: it bounces mail,
    and is asked anew after a restart."""

    def __init__(self, engine: Engine, events: Events, *, writable: bool = True) -> None:
        self._engine = engine
        self._events = events
        self._writable = writable
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")

    async def read(self, domain: str) -> DomainFacts | None:
        task = asyncio.get_running_loop().run_in_executor(self._thread, self._guarded, self._read, domain)
        try:
            return await asyncio.wait_for(asyncio.shield(task), READ_SECONDS)
        except TimeoutError:
            return None

    def write(self, facts: DomainFacts) -> None:
        if self._writable and facts.no_mail is None:
            self._thread.submit(self._guarded, self._write, facts)

    def clear(self) -> None:
        if self._writable:
            self._thread.submit(self._guarded, self._clear, None)

    def prune(self, before: float) -> None:
        """Forget, soon, what was last checked before *before* (Unix seconds)."""
        if self._writable:
            self._thread.submit(self._guarded, self._prune, before)

    def close(self) -> None:
        """Wait until what was to be written is written, and let the store go."""
        self._thread.shutdown(wait=True)
        self._engine.dispose()

    def _guarded(self, action: Callable[[T], DomainFacts | None], argument: T) -> DomainFacts | None:
        try:
            return action(argument)
        except StoreError as error:
            self._events.failed("archive", error)
            return None

    def _read(self, domain: str) -> DomainFacts | None:
        with transaction(self._engine) as connection:
            row = connection.execute(
                sa.select(domain_knowledge).where(domain_knowledge.c.domain == domain)
            ).one_or_none()
        return None if row is None else _facts(row)

    def _write(self, facts: DomainFacts) -> None:
        row = {
            "domain": facts.domain,
            "evidence": to_text(facts.held),
            "checked_at": facts.checked_at,
            "expires_at": facts.expires_at,
        }
        kept = domain_knowledge.c.checked_at
        # another node may have looked later; a row from the future is of a clock since put right
        older = sa.or_(kept <= facts.checked_at, kept > facts.checked_at + CLOCK_SKEW)
        insert = sqlite.insert if self._engine.dialect.name == "sqlite" else postgresql.insert
        values = {name: value for name, value in row.items() if name != "domain"}
        with transaction(self._engine) as connection:
            connection.execute(
                insert(domain_knowledge)
                .values(row)
                .on_conflict_do_update(index_elements=[domain_knowledge.c.domain], set_=values, where=older)
            )

    def _clear(self, _nothing: None) -> None:
        with transaction(self._engine) as connection:
            connection.execute(domain_knowledge.delete())

    def _prune(self, before: float) -> None:
        with transaction(self._engine) as connection:
            connection.execute(domain_knowledge.delete().where(domain_knowledge.c.checked_at < before))


def facts_in(connection: Connection, domains: Iterable[str]) -> dict[str, DomainFacts]:
    """What is kept of *domains*, of whatever age; those of which nothing is, or nothing that can be read, are left
    out."""
    wanted = list(domains)
    found: dict[str, DomainFacts] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        some = domain_knowledge.c.domain.in_(wanted[first : first + _AT_ONCE])
        for row in connection.execute(sa.select(domain_knowledge).where(some)):
            if (facts := _facts(row)) is not None:
                found[row.domain] = facts
    return found


def _facts(row: sa.Row[Any]) -> DomainFacts | None:
    try:
        return DomainFacts(row.domain, from_text(row.evidence), row.checked_at, row.expires_at)
    except ValueError:
        return None
