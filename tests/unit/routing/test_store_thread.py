"""The store's thread of segl-map: what fails there is told, and keeps nobody from going on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from segl.errors import StoreError
from segl.events import Events, configure_log
from segl.store.engine import open_store
from segl_routing.store_thread import Transactions
from world.stores import store_in


@pytest.mark.parametrize("failure", [StoreError("x", "disk full"), KeyError("x"), MemoryError()], ids=repr)
def test_what_fails_is_told_and_the_next_is_done(
    tmp_path: Path, failure: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_log("json")
    engine = open_store(store_in(tmp_path))
    thread = Transactions(engine, Events("segl-map"), "marks")

    def fails(_connection: Connection) -> int:
        raise failure

    def works(_connection: Connection) -> int:
        return 7

    async def asked() -> tuple[int | None, int | None]:
        thread.write(fails)
        return await thread.read(fails), await thread.read(works)

    assert asyncio.run(asked()) == (None, 7)
    thread.close()
    engine.dispose()
    told = [line for line in capsys.readouterr().err.splitlines() if '"where": "marks"' in line]
    assert len(told) == 2
