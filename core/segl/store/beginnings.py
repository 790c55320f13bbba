"""Finding rows by the beginning of an id in hex digits, as lists show it."""

from __future__ import annotations

import re
from typing import Any, Final

import sqlalchemy as sa

_HEX: Final = re.compile(r"[0-9a-f]+")
LEAST_OF_ID: Final = 6  # digits that may name one; where several begin so, all are found
_BEHIND: Final = "g"  # sorts behind every hex digit


def begins(column: sa.Column[Any], beginning: str) -> sa.ColumnElement[bool]:
    """Whether the id in *column*, of small hex digits, begins so; never, when *beginning* is of others. A range, which
    the column's index finds: for LIKE SQLite goes through the table, and a year of decisions is gigabytes."""
    if not _HEX.fullmatch(beginning):
        return sa.false()
    return sa.and_(column >= beginning, column < beginning + _BEHIND)
