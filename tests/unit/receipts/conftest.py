"""An empty store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.store import open_store
from world.stores import store_in


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """On SQLite, and on both databases where a module says so."""
    engine = open_store(store_in(tmp_path))
    yield engine
    engine.dispose()
