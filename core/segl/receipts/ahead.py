"""Times of sent messages that no clock can have meant: written while one was ahead.

A clock can be a month ahead for a minute (:mod:`segl.clock`). What was heard in that minute would be looked at a month
later, and stand in no digest until then. So what lies further ahead than any patience is taken for now. To a clock that
is behind everything lies ahead: as long as this one is earlier than the last that was heard of a node, nothing is
touched.

A clock that was less far ahead, or is now behind, hides among patience. It is seen where it is set back, and what
waits then waits no longer than it would have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from segl.clock import BACK_SECONDS, is_behind
from segl.store.engine import transaction
from segl.tables.receipts import sent_message

AHEAD_SECONDS: Final = 3600.0  # by so much a clock may be wrong; more than any pause between two tries

_ROW: Final = sent_message.c


def set_right(
    engine: Engine, now: float, wait_seconds: float, last_heard: Callable[[Engine, float], float | None]
) -> int:
    """Make due what would be later than *wait_seconds*, the longest patience there is, and heard now what was heard in
    the future; how many messages. *last_heard* tells when a node last wrote into the store. Raises
    :class:`~segl.errors.StoreError`."""
    latest = now + AHEAD_SECONDS
    is_late, is_future = _ROW.due_at > latest + wait_seconds, _ROW.changed_at > latest
    with transaction(engine) as connection:
        found = sa.or_(*(sa.exists().where(one) for one in (is_late, is_future)))
        if not connection.scalar(sa.select(found)):
            return 0
    if is_behind(now, last_heard(engine, now)):
        return 0
    values: dict[str, Any] = {
        "due_at": sa.case((is_late, now), else_=_ROW.due_at),
        "changed_at": sa.case((is_future, now), else_=_ROW.changed_at),
        "at": sa.case((_ROW.at > latest, now), else_=_ROW.at),
        **{mark.key: _marked(mark, now) for mark in (_ROW.digested_at, _ROW.digest_copied_at)},
    }
    with transaction(engine) as connection:
        return connection.execute(sent_message.update().where(is_late | is_future).values(values)).rowcount


def moved_back(engine: Engine, now: float, back: float) -> int:
    """The clock was set back by *back* seconds, to *now*: what waits is due as long from now as it was before; how many
    messages. What could be due by that clock alone, or was heard of by it. (When each was sent stays as its own header
    says it.) Raises :class:`~segl.errors.StoreError`."""
    by_it = sa.or_(_ROW.changed_at > now, _ROW.due_at > now + back - BACK_SECONDS)
    values = {
        "due_at": _ROW.due_at - back,
        "changed_at": sa.case((_ROW.changed_at > now, _ROW.changed_at - back), else_=_ROW.changed_at),
    }
    with transaction(engine) as connection:
        waits = sent_message.update().where(_ROW.due_at > now, by_it)
        return connection.execute(waits.values(values)).rowcount


def forgotten_marks(row: Row[Any], now: float) -> dict[str, None]:
    """Of *row*, a message of which there is news *now*: the digests that would count as later than these."""
    marks = {"digested_at": row.digested_at, "digest_copied_at": row.digest_copied_at}
    return {name: None for name, at in marks.items() if at is not None and at > now}


def _marked(mark: sa.ColumnElement[float | None], now: float) -> sa.ColumnElement[float | None]:
    """What stood in a digest as it is still did, and what did not did not."""
    return sa.case((mark <= now, mark), (mark >= _ROW.changed_at, now), else_=sa.null())
