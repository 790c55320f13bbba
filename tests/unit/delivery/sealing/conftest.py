"""A counter for sealed messages, on the day they begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from world.counter import Counter
from world.sealed_news import BEGIN


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with Counter(tmp_path) as counter:
        counter.now = BEGIN
        yield counter
