"""What somebody takes home from an open message: a file is what it says it is, and where there is none, a page tells
why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Dialog, Download, Route, expect

from world.browser import PHONE
from world.counter import Letter
from world.moving_letter import Seal
from world.portal_site import PortalSite
from world.visitor import Visitor

pytestmark = pytest.mark.world


@pytest.mark.parametrize("end", [PortalSite.expire, PortalSite.close_visits])
def test_who_comes_too_late_for_a_file_is_told_so_and_saves_no_page_in_its_place(
    site: PortalSite,
    seal: Seal,
    reader: Callable[..., Visitor],
    end: Callable[[PortalSite, Letter], None],
) -> None:
    letter = seal()
    her = reader(letter, PHONE)
    other = her.person.page()
    other.goto(her.page.url)
    saved: list[Download] = []
    for page in (her.page, other):
        page.on("download", lambda download: saved.append(download))
    end(site, letter)
    for page, name in ((her.page, "Hent måler.png"), (other, "Som PDF")):
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Åbn beskeden igen")
    assert not saved


def test_a_reply_that_is_not_sent_yet_outlives_a_file_that_is_asked_for_too_late(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    letter = seal()
    her = reader(letter, PHONE)
    her.write("Det tog en time at skrive.")
    site.close_visits(letter)
    with her.page.expect_popup() as opened:
        her.page.get_by_role("link", name="Hent måler.png").click()
    again = Visitor(her.person, her.link, her.next_code)
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Åbn beskeden igen")
    site.return_port.forget()
    again.page.goto(her.link)
    again.ask()
    again.give(again.next_code())
    again.page.wait_for_url("**/message")
    site.return_port.forget()
    her.send()
    [answer] = site.return_port.wait_for(1)
    assert b"Det tog en time" in answer.content


def test_what_is_written_is_not_left_without_a_question(seal: Seal, reader: Callable[..., Visitor]) -> None:
    her = reader(seal())
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        if len(asked) < 3:
            dialog.dismiss()
        else:
            dialog.accept()

    her.page.on("dialog", answer)
    her.write("Kladde")
    her.page.get_by_role("link", name="English").click()
    expect(her.page.get_by_label("Skriv dit svar")).to_have_value("Kladde")
    for _ in range(2):  # at the first she stays, and the button is not dead
        her.press("Luk beskeden")
    her.page.wait_for_url("**now=left")
    assert asked == ["beforeunload"] * 3


def test_an_answer_that_is_on_its_way_is_not_left_without_a_question(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    """Minutes with a film on a slow line. Who stays sends it once all the same."""
    her = reader(seal())
    site.return_port.forget()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    her.page.on("dialog", stay)
    her.page.route("**/answer", hold)
    her.write("Tak.")
    her.press("Send svar")
    her.page.get_by_role("link", name="English").click()
    her.page.get_by_role("button", name="Send svar").focus()
    her.page.keyboard.press("Enter")
    assert (len(held), asked) == (1, ["beforeunload"])
    held[0].continue_()
    expect(her.page.get_by_text("Dit svar er sendt.")).to_be_visible()
    assert asked == ["beforeunload"]


def test_a_text_that_is_too_long_is_told_before_it_is_sent_and_none_of_it_is_cut_off(
    seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(), PHONE)
    her.write("ø" * 140_000)
    her.press("Send svar")
    expect(her.page.get_by_role("status")).to_contain_text("Teksten er for lang")
    assert her.page.get_by_label("Skriv dit svar").input_value() == "ø" * 140_000
    her.write("Tak.")
    her.send()


def test_a_printed_message_has_its_end(seal: Seal, reader: Callable[..., Visitor], tmp_path: Path) -> None:
    """Paper is narrower than a screen, so the text is longer there."""
    said = "Pumpen er set efter, og måleren er skiftet i kælderen under trappen. " * 8
    her = reader(
        seal("".join(f"<p>Punkt {number}. {said}</p>" for number in range(60)) + "<p>Venlig hilsen</p>")
    )
    expect(her.body.get_by_text("Venlig hilsen")).to_be_visible()
    shown = her.page.locator("iframe").bounding_box()
    her.page.pdf(path=tmp_path / "printed.pdf", format="A4", margin={"left": "2cm", "right": "2cm"})
    with pypdfium2.PdfDocument(tmp_path / "printed.pdf") as printed:
        text = "".join(page.get_textpage().get_text_range() for page in printed)
    assert "Punkt 59." in text
    assert "Venlig hilsen" in text
    assert her.page.locator("iframe").bounding_box() == shown
