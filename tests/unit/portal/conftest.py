"""A running portal for all tests of a file, and a message in it for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from world.counter import Letter
from world.portal_site import ASKED_OFTEN, PortalSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    with PortalSite(tmp_path_factory.mktemp("portal"), tables=ASKED_OFTEN) as site:
        yield site


_numbers = itertools.count(1)


@pytest.fixture
def letter(site: PortalSite) -> Letter:
    site.return_port.forget()
    return site.seal(f"bo{next(_numbers)}@vestby.example")
