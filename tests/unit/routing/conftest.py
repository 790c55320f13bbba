"""An outside world on loopback for the routing tests: real DNS, real certificates, real mail servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from world.ca import TestCA
from world.outside import Outside, free_port


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """Empty at first; a module puts up what it needs."""
    directory = tmp_path_factory.mktemp("outside")
    with ExitStack() as running:
        yield Outside(directory, TestCA(directory / "ca"), free_port(), running)
