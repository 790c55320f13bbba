"""Deletes what is old a piece at a time, so that a change of how long things are kept stops nobody.

SQLite has one write lock, and who waits longer than five seconds for it is told that the store is locked: his mail is
answered 451. So no transaction deletes more than takes a moment, and between two of them the lock is free for as long
as it takes others to see that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.store.engine import transaction

PIECE: Final = 2_000  # rows of the table that is asked; others may hang on each
_PAUSE_SECONDS: Final = 0.1  # who waits for SQLite's lock looks for it so often


def up_to(
    engine: Engine,
    column: sa.Column[Any],
    end: float,
    go_on: Callable[[], None] = lambda: None,
    *,
    most: int = PIECE,
) -> Iterator[float]:
    """Moments up to *end*, the last one *end* itself: before each of them lie about *most* rows by *column* (Unix
    seconds, with an index), if what lies before one is deleted until the next is asked for. Between two of them there
    is a pause, and *go_on* is asked. Raises :class:`~segl.errors.StoreError`."""
    later = sa.select(column).where(column < end).order_by(column).offset(most).limit(1)
    while True:
        with transaction(engine) as connection:
            moment = connection.scalar(later)
        if moment is None:
            yield end
            return
        yield min(end, math.nextafter(moment, math.inf))
        pause(go_on)


def pause(go_on: Callable[[], None]) -> None:
    """Between two pieces: the others' turn. *go_on* may raise what ends the work."""
    go_on()
    time.sleep(_PAUSE_SECONDS)
