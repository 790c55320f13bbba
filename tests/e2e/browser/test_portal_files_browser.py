"""What somebody takes home from an open message: a file is what it says it is, and where there is none, a page tells
why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Download, expect

from world.browser import PHONE
from world.counter import Letter
from world.moving_letter import Seal
from world.portal_site import PortalSite
from world.visitor import Visitor

pytestmark = pytest.mark.world


@pytest.mark.parametrize("end", [PortalSite.expire, PortalSite.close_visits])
@pytest.mark.parametrize("name", ["Hent måler.png", "Som PDF"])
def test_who_comes_too_late_for_a_file_is_told_so_and_saves_no_page_in_its_place(
    site: PortalSite,
    seal: Seal,
    visit: Callable[..., Visitor],
    end: Callable[[PortalSite, Letter], None],
    name: str,
) -> None:
    letter = seal()
    her = visit(letter, PHONE)
    saved: list[Download] = []
    her.page.on("download", lambda download: saved.append(download))
    her.read()
    end(site, letter)
    her.page.get_by_role("link", name=name).click()
    expect(her.heading).to_have_text("Åbn beskeden igen")
    assert not saved
