"""A web server on which authorities publish, and a certificate that names it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world.authority import Issued, Publisher
from world.revocation import CA


@pytest.fixture(scope="module")
def web() -> Iterator[Publisher]:
    with Publisher() as publisher:
        yield publisher


@pytest.fixture
def bo(web: Publisher) -> Issued:
    """A certificate that names one place for each kind of question; both are empty at first."""
    web.pages.clear()
    web.asked.clear()
    return CA.issue("bo@x.example", lists=[web.url("/crl")], responders=[web.url("/ocsp")])
