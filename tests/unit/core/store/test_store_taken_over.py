"""PostgreSQL servers that take turns: what was connected to the wrong one comes to the right one by itself."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from segl.errors import StoreError
from segl.store.engine import open_store, transaction
from segl.tables.base import meta
from world.postgresql import PostgreSQL


@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)
def test_a_standby_met_while_the_name_moved_is_left(store_url: str, postgresql: PostgreSQL) -> None:
    """It answers, so the pool would keep the connection until the process is started anew."""
    engine = open_store(store_url)
    engine.dispose()
    with postgresql.takes_no_writes(), pytest.raises(StoreError, match="read-only"):
        write_to(engine)
    write_to(engine)
    engine.dispose()


def write_to(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(meta.update().values(value=meta.c.value))
