"""A portal, and a real browser that finds it: one of each for all tests of a file."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from world.browser import DESKTOP, Chromium
from world.counter import Letter
from world.moving_letter import Seal, mail
from world.portal_site import ASKED_OFTEN, HOST, OLD_HOST, PortalSite
from world.visitor import Visitor


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    with PortalSite(tmp_path_factory.mktemp("portal"), tables=ASKED_OFTEN) as site:
        yield site


@pytest.fixture(scope="module")
def chromium(site: PortalSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with Chromium(
        tmp_path_factory.mktemp("chromium"), site.ca.file, {HOST: "127.0.0.1", OLD_HOST: "127.0.0.1"}
    ) as chromium:
        yield chromium


_numbers = itertools.count(1)


@pytest.fixture
def seal(site: PortalSite) -> Seal:
    def seal(html: str = "", content: bytes = b"") -> Letter:
        site.return_port.forget()
        return site.seal(f"bo{next(_numbers)}@vestby.example", content or mail(html))

    return seal


@pytest.fixture
def visit(site: PortalSite, chromium: Chromium) -> Iterator[Callable[..., Visitor]]:
    """Somebody with the link of a letter, in a browser of her own."""
    visitors: list[Visitor] = []

    def visit(letter: Letter, screen: Any = DESKTOP, **more: Any) -> Visitor:
        person = chromium.person(screen, **more)
        visitors.append(Visitor(person, site.link(letter), lambda: site.next_code(letter.recipient)))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.person.close()
    # Nothing of ours is against our own policy; and of a stranger's HTML nothing was left for it to stop.
    assert not [
        fault for visitor in visitors for fault in visitor.person.faults if "Security Policy" in fault
    ]
