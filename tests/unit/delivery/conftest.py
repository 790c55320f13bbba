"""What seals messages, as segl-deliver does it; and a segl-deliver of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.events import Events
from segl.sealed.directory import SealedDirectory
from segl.settings.file import parse_settings
from segl_delivery.sealing.seal import Sealer
from world.desk import Desk


@pytest.fixture
def sealer(tmp_path: Path, engine: Engine) -> Callable[..., Sealer]:
    def make(numbers: dict[str, str] | None = None, **portal: Any) -> Sealer:
        settings = parse_settings(
            {
                "organisation": {"name": "Nordby", "domains": ["nordby.example", "skolen.example"]},
                "portal": {"url": "https://sikker.nordby.example/post", "sealed": str(tmp_path / "sealed")}
                | portal,
            }
        )
        directory = SealedDirectory(settings.portal.sealed)
        directory.prepare()
        return Sealer(engine, directory, settings, Events("test"), numbers or {})

    return make


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.stop()
