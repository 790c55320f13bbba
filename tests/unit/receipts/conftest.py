"""An empty store, and a server that takes what is sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.store import open_store
from world.desk import free_port
from world.peers import SmtpPeer
from world.stores import store_in


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(store_in(tmp_path))
    yield engine
    engine.dispose()


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        yield peer
