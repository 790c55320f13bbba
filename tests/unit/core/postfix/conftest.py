"""A Postfix configuration that `segl install` wrote, for the tests that spoil it; and houses with messages on hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.postfix.holding import Holding
from segl.settings.file import parse_settings
from world.holding import Port, Queue
from world.installation import Installation


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    site = Installation(tmp_path_factory.mktemp("site"))
    site.install()
    return site


@pytest.fixture
def site(installed: Installation) -> Iterator[Installation]:
    """The same installation for every test: its files are put back afterwards."""
    folders = (installed.front_directory, installed.secure_directory)
    before = {file: file.read_bytes() for folder in folders for file in folder.iterdir() if file.is_file()}
    yield installed
    for folder in folders:
        for file in [f for f in folder.iterdir() if f.is_file() and f not in before]:
            file.unlink()
    for file, content in before.items():
        file.write_bytes(content)


@pytest.fixture
def holding(engine: Engine) -> Holding:
    """One organisation, in which two decide."""
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "hold": {"officer": "dpo@nordby.example", "persons": 2},
    }
    return Holding(parse_settings(given), engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))


@pytest.fixture
def two(engine: Engine) -> Holding:
    """Two organisations, each with its officer and those who decide."""
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "tenant": [
            {
                "name": "Skolen",
                "domains": ["skole.example"],
                "language": "en",
                "officer": "dpo@skole.example",
                "deciders": ["lise"],
            }
        ],
        "hold": {"officer": "dpo@nordby.example", "persons": 2, "deciders": ["anna", "knud"]},
    }
    return Holding(parse_settings(given), engine, Queue(Path("/nowhere")), Port("127.0.0.1", 1))
