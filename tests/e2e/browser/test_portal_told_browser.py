"""What a page tells in a real browser is so: what became of an answer, and where a link leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from world.browser import DESKTOP, PHONE
from world.counter import Letter
from world.moving_letter import Seal
from world.peers import ACCEPTED
from world.portal_site import PortalSite
from world.visitor import Visitor
from world.writing import ORIGINAL

pytestmark = pytest.mark.world

SENT = "Dit svar er sendt."
KEPT = "Dit svar er gemt, men det er ikke nået frem endnu."
# As if a server between browser and portal had passed all of it on and given up waiting.
GIVEN_UP = """() => {
    window.status_is = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "status");
    Object.defineProperty(XMLHttpRequest.prototype, "status", {configurable: true, get: () => 504}); }"""
WAITS = '() => Object.defineProperty(XMLHttpRequest.prototype, "status", window.status_is)'


def test_one_that_is_kept_is_not_called_sent_because_another_was(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(content=ORIGINAL))
    her.write("Det første.")
    her.send()
    site.return_port.data_reply = "451 4.3.0 not now"
    her.write("Det andet.")
    her.press("Send svar")
    expect(her.page.get_by_text(KEPT)).to_be_visible()
    expect(her.page.get_by_text(SENT)).to_have_count(0)
    her.page.reload()
    expect(her.page.get_by_text(KEPT)).to_be_visible()
    expect(her.page.get_by_text(SENT)).to_have_count(0)
    site.return_port.data_reply = ACCEPTED
    her.press("Send det nu")
    expect(her.page.get_by_text(SENT)).to_be_visible()
    expect(her.page.get_by_text(KEPT)).to_have_count(0)


def test_when_nothing_is_heard_it_is_not_said_that_it_was_not_sent(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(content=ORIGINAL))
    her.write("Det første.")
    her.send()
    site.return_port.forget()
    her.write("Det andet.")
    her.page.evaluate(GIVEN_UP)
    her.press("Send svar")
    expect(her.page.get_by_text("Vi ved ikke, om svaret kom frem.")).to_be_visible()
    expect(her.page.get_by_text(SENT)).to_be_hidden()
    expect(her.page.get_by_label("Skriv dit svar")).to_have_value("Det andet.")
    her.page.evaluate(WAITS)
    site.return_port.wait_for(1)
    her.press("Send svar")
    expect(her.page.get_by_text(SENT)).to_be_visible()
    assert len(site.return_port.received) == 1, "it did not come twice"


def test_what_is_being_written_outlives_the_page_and_lies_sealed(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    """Loaded anew, and after the visit has ended; not once the message is closed, nor when it was sent."""
    her = reader(seal(content=ORIGINAL))
    her.page.on("dialog", lambda dialog: dialog.accept())
    written, text = her.page.get_by_label("Skriv dit svar"), "Æbler i kælderen 🍏\n\nog pærer."

    def keeps(many: int) -> str:
        her.page.wait_for_function("many => Object.keys(localStorage).length === many", arg=many)
        return str(her.page.evaluate("JSON.stringify(localStorage)"))

    her.write(text)
    assert "kælder" not in keeps(1)
    her.page.reload()
    expect(written).to_have_value(text)
    expect(her.page.get_by_text("Her er det, du skrev sidst.")).to_be_visible()
    site.close_visits(Letter("", her.page.url.split("/")[-2], "", ""))
    her.press("Send svar")
    expect(her.page.get_by_text("Når du har åbnet beskeden igen, står din tekst der endnu.")).to_be_visible()
    her.page.goto(her.page.get_by_role("link", name="Bed om en ny kode").evaluate("link => link.href"))
    expect(her.heading).to_have_text("Åbn beskeden igen")
    assert "kælder" not in keeps(1)
    her.ask()
    her.give(her.next_code())
    expect(written).to_have_value(text)
    her.send()
    keeps(0)
    expect(written).to_have_value("")
    her.write("Et til.")
    keeps(1)
    her.press("Luk beskeden")
    expect(her.heading).to_have_text("Beskeden er lukket")
    keeps(0)


# What stands around a link, each to push out of sight what is beside it.
PUSHED: Final = (
    '<div style="width:3000px;text-align:right">{}</div>',
    '<div style="text-indent:2900px">{}</div>',
    '<table style="width:3000px;table-layout:fixed"><tr><td style="text-align:right">{}</td></tr></table>',
    '<div style="white-space:nowrap;width:3000px;overflow-wrap:normal">{}</div>',
    '<table style="table-layout:fixed"><tr><td style="width:0">{}</td></tr></table>',
)


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_where_a_link_leads_is_not_pushed_out_of_sight(
    seal: Seal, reader: Callable[..., Visitor], screen: Any
) -> None:
    html = ""
    for number, around in enumerate(PUSHED):
        space = f'<span style="padding-right:2500px">{"&nbsp;" * 20}</span>' if "nowrap" in around else ""
        link = f'<a href="https://ond{number}.example/" style="float:left">bank.example{space}</a>'
        html += f'<div style="display:flow-root">{around.format(link)}</div>'
    her = reader(seal(content=f"Subject: x\r\nContent-Type: text/html\r\n\r\n{html}".encode()), screen)
    told = her.body.locator(".target")
    expect(told).to_have_text([f"[ond{number}.example]" for number in range(len(PUSHED))])
    frame = her.page.locator("iframe").bounding_box()
    assert frame is not None
    for around, target in zip(PUSHED, told.all(), strict=True):
        shown = target.bounding_box()
        assert shown is not None, around
        assert shown["width"] > shown["height"], f"{around}: it is read, not spelt downwards"
        end = shown["x"] + shown["width"]
        assert frame["x"] <= shown["x"] <= end <= frame["x"] + frame["width"] + 1, around


def test_an_upload_that_stands_still_ends_with_a_word(seal: Seal, reader: Callable[..., Visitor]) -> None:
    """As on a train: nobody tells a telephone that its line is dead."""
    her = reader(seal(content=ORIGINAL))
    her.page.clock.install()
    her.page.reload()
    her.page.route("**/answer", lambda _: None)
    her.write("Det første.")
    her.press("Send svar")
    her.page.clock.fast_forward(149_000)
    expect(her.page.get_by_text("gået i stå")).to_have_count(0)
    her.page.clock.fast_forward(2_000)
    expect(
        her.page.get_by_text("Svaret blev ikke sendt: forbindelsen er for langsom eller gået i stå.")
    ).to_be_visible()
    expect(her.page.get_by_label("Skriv dit svar")).to_have_value("Det første.")
    her.page.unroute_all()
    her.send()
