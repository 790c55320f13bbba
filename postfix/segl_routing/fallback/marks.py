"""Keeps the marks of domains in the store: a restart must not send mail back to where it just failed, and what one node
has found out the others need not find out once more."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.errors import StoreError
from segl.events import Events
from segl.store.engine import insert_into, transaction
from segl.tables.domains import domain_mark
from segl_routing.fallback.failures import Failure
from segl_routing.fallback.marking import Marked
from segl_routing.store_thread import Transactions


class StoreMarks:
    """The table ``domain_mark``."""

    def __init__(self, engine: Engine, events: Events) -> None:
        self._engine = engine
        self._events = events
        self._thread = Transactions(engine, events, "marks")

    def load(self) -> list[Marked]:
        """All marks kept; none when the store fails. Waits for the store: for the start."""
        try:
            return stored_marks(self._engine)
        except StoreError as error:
            self._events.failed("marks", error)
            return []

    async def current(self) -> list[Marked]:
        """All marks as the store has them now, those of other nodes among them and our own after what was to be
        written; none when it is too slow or fails."""
        return await self._thread.read(marks_in) or []

    def keep(self, marked: Marked) -> None:
        """Keep *marked* in place of what was known of its domain, soon."""
        row = {
            "domain": marked.domain,
            "failure": marked.failure.value,
            "reason": marked.reason[:255],
            "since": marked.since,
            "until": marked.until,
            "times": marked.times,
            "healed_at": marked.healed_at,
        }

        values = {name: value for name, value in row.items() if name != "domain"}

        def replace(connection: Connection) -> None:
            connection.execute(
                insert_into(connection, domain_mark)
                .values(row)
                .on_conflict_do_update(index_elements=[domain_mark.c.domain], set_=values)
            )

        self._thread.write(replace)

    def forget(self, domains: list[str]) -> None:
        """Forget these, soon."""
        if domains:
            self._thread.write(
                lambda c: c.execute(domain_mark.delete().where(domain_mark.c.domain.in_(domains)))
            )

    def close(self) -> None:
        self._thread.close()


def stored_marks(engine: Engine) -> list[Marked]:
    """The marks in the store of *engine*. Raises :class:`StoreError`."""
    with transaction(engine) as connection:
        return marks_in(connection)


def marks_in(connection: Connection) -> list[Marked]:
    """The marks in the store; rows of another version's making are left out."""
    found = []
    for row in connection.execute(sa.select(domain_mark)):
        try:
            failure = Failure(row.failure)
        except ValueError:
            continue
        found.append(Marked(row.domain, failure, row.reason, row.since, row.until, row.times, row.healed_at))
    return found
