"""A portal, and a real browser that finds it: one of each for all tests of a file."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from segl_portal.visits.browser import COOKIE, READING_COOKIE
from world.browser import DESKTOP, Chromium
from world.counter import Letter
from world.moving_letter import Seal, mail
from world.peers import ACCEPTED
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
    site.return_port.data_reply = ACCEPTED
    for visitor in visitors:
        visitor.person.close()
    # Nothing of ours is against our own policy; and of a stranger's HTML nothing was left for it to stop.
    assert not [
        fault for visitor in visitors for fault in visitor.person.faults if "Security Policy" in fault
    ]


@pytest.fixture
def reader(site: PortalSite, visit: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """Somebody who has a letter open. What her browser got on the way there is put into it: that way is the same each
    time, and other tests go it by click and key (:meth:`Visitor.read`)."""

    def reader(letter: Letter, screen: Any = DESKTOP, **more: Any) -> Visitor:
        her = visit(letter, screen, **more)
        browser, _ = site.open(letter)
        site.return_port.forget()
        here = f"/m/{letter.recipient_id}"
        reading = browser.reading_cookie(letter.recipient_id)
        her.person.context.add_cookies(
            [
                {"name": COOKIE, "value": browser.cookie, "url": site.origin, "secure": True},
                {"name": READING_COOKIE, "value": reading, "domain": site.host, "path": here, "secure": True},
            ]
        )
        her.page.goto(f"{site.origin}{here}/message")
        expect(her.page.get_by_label("Skriv dit svar")).to_be_visible()
        return her

    return reader
