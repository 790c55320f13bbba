"""Running ``segl-milter``s in folders of their own, spoken to in the milter protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from world.milterprocess import NewMilter, RunningMilter
from world.postfix import wait_until


@pytest.fixture
def new_milter(tmp_path: Path) -> Iterator[NewMilter]:
    """Starts a milter with the settings given, words alone; ends it after the test, which fails if it does not end."""
    started: list[RunningMilter] = []

    def start(detection: str = "", **settings: Any) -> RunningMilter:
        directory = tmp_path / str(len(started))
        directory.mkdir()
        milter = RunningMilter(directory, model=False)
        milter.write(detection, **settings)
        started.append(milter)
        milter.daemon.start()
        return milter

    yield start
    for milter in started:
        milter.daemon.stop()


@pytest.fixture(scope="module")
def milter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMilter]:
    """One milter for all tests of a file that leave it as they found it."""
    milter = RunningMilter(tmp_path_factory.mktemp("milter"))
    milter.write(workers=2)
    milter.daemon.start()
    yield milter
    assert milter.daemon.stop() == 0


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMilter]:
    milter = RunningMilter(tmp_path_factory.mktemp("milter"), model=False)
    milter.write()
    milter.daemon.start()
    yield milter
    assert milter.daemon.stop() == 0


@pytest.fixture
def steady(standing: RunningMilter) -> RunningMilter:
    """One for the tests that leave it running; its file holds the settings that it runs by."""
    standing.rules.unlink(missing_ok=True)
    standing.write()
    wait_until(lambda: len(standing.workers()) == 1, 30, lambda: standing.daemon.log)
    return standing
