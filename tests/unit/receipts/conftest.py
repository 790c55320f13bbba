"""An empty store, and a segl-deliver that reports are handed to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy.engine import Engine

from segl.store.engine import open_store
from world.desk import Desk, StandingDesk
from world.stores import store_in


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """On SQLite, and on both databases where a module says so."""
    engine = open_store(store_in(tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def standing() -> Iterator[StandingDesk]:
    with TemporaryDirectory(prefix="rc-") as folder:
        desk = StandingDesk(Path(folder))
        yield desk
        desk.stop()


@pytest.fixture
def desk(standing: StandingDesk) -> StandingDesk:
    standing.clear()
    return standing


@pytest.fixture
def new_desk() -> Iterator[Desk]:
    """For what a start alone shows."""
    with TemporaryDirectory(prefix="rc-") as folder:
        desk = Desk(Path(folder))
        yield desk
        desk.stop()
