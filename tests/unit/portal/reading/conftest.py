"""The processes that strangers' files are read in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from segl_portal.reading.renderer import Renderer


@pytest.fixture(scope="module")
def workshop() -> Iterator[Renderer]:
    made = Renderer()
    made.start()
    yield made
    made.stop()
