"""Rows of the store that several nodes write, one a domain: of two the newer stays."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.store.engine import insert_into
from segl_routing.skew import NODES_SKEW


def keep_newest(connection: Connection, table: sa.Table, row: dict[str, Any], *, by: str) -> None:
    """Write *row* of its ``domain``, unless the store has a newer one by the column *by* (Unix seconds): another node
    may have looked later. A row from the future is of a clock since put right, and gives way."""
    kept = table.c[by]
    older = sa.or_(kept <= row[by], kept > row[by] + NODES_SKEW)
    values = {name: value for name, value in row.items() if name != "domain"}
    connection.execute(
        insert_into(connection, table)
        .values(row)
        .on_conflict_do_update(index_elements=[table.c.domain], set_=values, where=older)
    )
