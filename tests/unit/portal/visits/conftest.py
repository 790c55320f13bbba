"""A counter at which codes are asked for and given, on both databases; one for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world import stores
from world.counter import Counter


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def counters(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with stores.on(server), Counter(tmp_path_factory.mktemp("counter")) as counter:
        yield counter


@pytest.fixture
def counter(counters: Counter) -> Counter:
    counters.return_port.forget()
    counters.now += 7200  # so that no test meets the counts of another
    return counters
