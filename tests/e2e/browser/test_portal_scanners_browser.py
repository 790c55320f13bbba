"""Programs that look at mail, in a real browser: they load its links, follow those they find, and press buttons.
And what they and others leave of a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import expect

from segl.decisions.links import feedback_link
from segl.sealed.revocation import house_secret
from world.moving_letter import Seal
from world.portal_site import PortalSite
from world.visitor import Visitor

pytestmark = pytest.mark.world

PRESSES: Final = [
    "document.querySelector('main button').click()",
    "document.querySelector('main form').requestSubmit()",
    "document.querySelector('main form').submit()",
]


def test_a_scanner_with_a_whole_browser_changes_nothing(
    site: PortalSite, seal: Seal, visit: Callable[..., Visitor]
) -> None:
    """Some open links in a real browser, wait for all of it to load, and follow every link they see."""
    letter = seal()
    before = site.rows()
    robot = visit(letter)
    robot.open_link()
    robot.page.wait_for_load_state("networkidle")
    for address in robot.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
        robot.page.goto(address)
    robot.page.goto(site.link(letter).replace("#", "/message#"))
    assert site.rows() == before
    assert not site.return_port.received
    her = visit(letter)
    her.read()


def test_one_that_presses_by_script_asks_for_no_code(seal: Seal, visit: Callable[..., Visitor]) -> None:
    letter = seal()
    for press in PRESSES:
        robot = visit(letter)
        robot.open_link()
        robot.page.evaluate(press)
        robot.page.wait_for_load_state("networkidle")
        posted = [request.post_data or "" for request in robot.person.requests if request.method == "POST"]
        assert [form for form in posted if letter.link in form] == [], press


def test_who_speaks_to_her_browser_through_a_program_presses_twice(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    her = visit(seal())
    her.open_link()
    expect(her.page.get_by_role("alert")).to_have_count(0)
    her.page.evaluate(PRESSES[0])
    expect(her.page.get_by_role("alert")).to_contain_text("Tryk på knappen en gang til")
    her.page.evaluate(PRESSES[0])
    her.give(her.next_code())
    expect(her.body.locator("p").first).to_be_visible()


def test_one_that_presses_as_a_person_does_takes_no_message_back_and_has_no_say(
    site: PortalSite, visit: Callable[..., Visitor]
) -> None:
    """The links of a receipt. A press alone is no answer to them."""
    letter, back = site.seal_with_a_link_back()
    said = feedback_link(house_secret(site.engine), f"{site.origin}/", "ab" * 32)
    before = site.rows()
    him = visit(letter)
    for link in (back, said):
        him.page.goto(link)
        title = him.heading.inner_text()
        him.page.locator("main button").first.click()
        him.page.wait_for_load_state("networkidle")
        expect(him.heading).to_have_text(title)
        assert him.look(title) == []
    assert site.rows() == before
    him.page.get_by_role("radio", name="Dette var ikke følsomt").check()
    him.press("Send")
    expect(him.heading).to_have_text("Tak, det er noteret")
    him.page.goto(back)
    him.page.get_by_role("checkbox").check()
    him.press("Træk beskeden tilbage")
    expect(him.heading).to_have_text("Beskeden er trukket tilbage")


def test_what_was_done_to_a_links_end_does_no_harm(
    site: PortalSite, seal: Seal, visit: Callable[..., Visitor]
) -> None:
    her = visit(seal())
    elsewhere = f"{site.origin}/static/portal.css"  # of the portal: no new process for each page
    for end in (">", ").", "&data=05%7C02%7C", "%3E", "%0D%0A", '"', "?x=1"):
        for number in ("#", "%23"):
            her.page.goto(elsewhere)
            her.page.goto(her.link.replace("#", number) + end)
            expect(her.page.get_by_label("Linket fra mailen")).to_be_hidden()
    start, _, secret = her.link.partition("#")
    for quoted in (f"%{ord(secret[0]):02x}", f"%25{ord(secret[0]):02X}"):
        her.page.goto(elsewhere)
        her.page.goto(f"{start}#{quoted}{secret[1:]}")
        expect(her.page.get_by_label("Linket fra mailen")).to_be_hidden()
    her.ask()
    her.give(her.next_code())
    her.page.wait_for_url("**/message")
