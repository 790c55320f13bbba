"""The portal in a real browser: what people meet, whatever they do, and whatever was sent to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from corpus.hostile_mail import HOSTILE
from world.browser import DESKTOP, PHONE, SMALL_PHONE
from world.counter import Letter
from world.moving_letter import SUBJECT, TEXT, Seal, mail
from world.portal_site import PortalSite
from world.visitor import Visitor

pytestmark = pytest.mark.world


def test_every_page_is_good_for_everybody(
    site: PortalSite, seal: Seal, visit: Callable[..., Visitor]
) -> None:
    """axe finds nothing against WCAG 2.2 AA on any page, on a phone and on a dark screen in an office, and none is
    wider than the screen."""
    # no button is between two colours when the light changes
    her = visit(seal(), PHONE, inspected=True, reduced_motion="reduce")
    views: list[tuple[Any, Any]] = [(DESKTOP, "dark"), (PHONE, "light")]
    found: list[str] = []

    def look(name: str) -> None:
        for screen, scheme in views:
            her.page.set_viewport_size(screen["viewport"])
            her.page.emulate_media(color_scheme=scheme)
            found.extend(her.look(f"{screen['viewport']['width']} {name}"))
            assert her.overflow <= 0, name

    her.open_link()
    look("1 landing")
    her.page.goto(her.link.partition("#")[0] + "?fresh")
    look("2 link not whole")
    her.page.goto(her.link)
    her.ask()
    look("3 code")
    her.give("12345678")
    her.page.wait_for_url("**why=wrong")
    look("4 wrong code")
    her.give(her.next_code())
    her.page.wait_for_url("**/message")
    look("5 message")
    her.write("Tak for brevet.\n\nHilsen Bo")
    her.attach(("kvittering.pdf", b"%PDF-1.7 x"))
    look("6 writing")
    her.send()
    look("7 answered")
    her.page.get_by_role("link", name="English").click()
    expect(her.page.get_by_role("heading", name="Your replies")).to_be_visible()
    look("8 in English")
    her.page.get_by_role("button", name="Close the message").click()
    her.page.wait_for_url("**now=left")
    look("9 left")
    for name, path in (("10 revoke", f"/r/{'0' * 32}"), ("11 no such page", "/m/half")):
        her.page.goto(f"{site.origin}{path}")
        look(name)
    assert not found, "\n".join(found)


def test_on_the_smallest_phone_and_at_four_times_the_size_nothing_is_cut_off(
    seal: Seal, reader: Callable[..., Visitor]
) -> None:
    """320 pixels are what is left of 1280 at 400 % (WCAG 1.4.10), and of 640 at 200 %."""
    wide = "<table><tr>" + "<td>kolonne</td>" * 40 + "</tr></table><pre>" + "x" * 500 + "</pre>"
    her = reader(seal(wide), SMALL_PHONE)
    assert her.overflow <= 0
    # Text spacing that a reader may set (WCAG 1.4.12).
    her.page.evaluate(
        """() => { for (const e of document.querySelectorAll("*")) { e.style.lineHeight = "1.5";
        e.style.letterSpacing = "0.12em"; e.style.wordSpacing = "0.16em"; } }"""
    )
    assert her.overflow <= 0
    for button in her.page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is None or (box["height"] >= 24 and box["width"] >= 24)


def test_the_whole_way_by_keyboard_alone(seal: Seal, visit: Callable[..., Visitor]) -> None:
    her = visit(seal())
    her.open_link()
    keys = her.page.keyboard

    def to(name: str) -> None:
        """Tab on until the control of this name has the focus; what has it must show it."""
        for _ in range(40):
            keys.press("Tab")
            names, outline = her.page.evaluate(
                """() => { const at = document.activeElement, style = getComputedStyle(at);
                return [[at.innerText, at.id], style.outlineStyle + style.outlineWidth]; }"""
            )
            if name in names:
                assert outline == "solid3px"
                return
        raise AssertionError(f"no way to {name}")

    keys.press("Tab")
    assert her.page.locator(":focus").inner_text() == "Gå til indholdet"
    to("Send mig en kode")
    keys.press("Enter")
    expect(her.page.locator(":focus")).to_have_attribute("id", "code")
    keys.type(her.next_code())
    keys.press("Enter")
    her.page.wait_for_url("**/message")
    to("text")
    keys.type("Tak for brevet.")
    to("Send svar")
    keys.press("Space")
    expect(her.page.locator(":focus")).to_have_text("Dit svar er sendt.")
    to("Luk beskeden")
    keys.press("Enter")
    expect(her.heading).to_have_text("Beskeden er lukket")
    assert her.person.faults == []


def test_a_screen_reader_is_told_what_each_thing_is(seal: Seal, visit: Callable[..., Visitor]) -> None:
    her = visit(seal())
    her.open_link()
    assert her.page.title() == "Du har fået en sikker besked · Nordby Vandværk"
    her.ask()
    expect(her.page.get_by_role("textbox", name="Kode")).to_have_accessible_description("8 cifre")
    her.give("1234 5678")
    alert = her.page.get_by_role("alert")
    expect(alert).to_have_text(
        re.compile(
            "Koden passer ikke. Brug koden fra den mail eller sms, hvor referencen er [A-Z0-9]{4}, og skriv den igen."
        )
    )
    expect(her.page.get_by_role("textbox", name="Kode")).to_have_accessible_description(
        f"8 cifre {alert.inner_text()}"
    )
    assert her.page.title().startswith("Fejl: ")
    her.give(her.next_code())
    page = her.page
    expect(page.get_by_role("heading", name=SUBJECT)).to_be_visible()
    assert page.locator("iframe").get_attribute("title") == "Beskedens tekst"
    for name in ("Vedhæftede filer", "Svar", "Gem beskeden"):
        expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Hent måler.png", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Skriv dit svar")).to_have_accessible_description(
        "Dit svar bliver sendt krypteret til anna@nordby-vand.example."
    )
    for landmark in ("banner", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)


def test_without_a_script_everything_works_but_the_link_is_pasted(
    site: PortalSite, seal: Seal, visit: Callable[..., Visitor]
) -> None:
    letter = seal()
    her = visit(letter, PHONE, script=False)
    her.page.goto(her.link)
    field = her.page.get_by_label("Linket fra mailen")
    expect(field).to_be_visible()
    field.fill(her.link)
    her.ask()
    her.give(her.next_code())
    expect(her.body.get_by_text(TEXT)).to_be_visible()
    her.write("Tak, jeg har læst det.")
    her.attach(("a.exe", b"MZ123"))
    her.press("Send svar")
    expect(her.page.get_by_role("alert")).to_contain_text("a.exe kan ikke sendes")
    expect(her.page.get_by_label("Skriv dit svar")).to_have_value("Tak, jeg har læst det.")
    her.send()
    [answer] = site.return_port.wait_for(1)
    assert b"Tak, jeg har l" in answer.content
    her.press("Luk beskeden")
    expect(her.heading).to_have_text("Beskeden er lukket")


def test_the_secret_leaves_the_address_bar_and_stays_in_the_browser(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    letter = seal()
    her = visit(letter, PHONE)
    her.open_link()
    assert letter.link not in her.page.url
    her.page.reload()
    her.page.get_by_role("link", name="English").click()
    her.page.get_by_role("button", name="Send me a code").click()
    expect(her.heading).to_have_text("Type the code")
    her.page.go_back()
    expect(her.heading).to_have_text("Type the code")
    her.page.get_by_role("button", name="Send a new code").click()
    her.page.wait_for_url("**/code?asked=1*")
    for request in her.person.requests:
        assert letter.link not in request.url
        assert letter.link not in str(request.headers)
        if letter.link in (request.post_data or ""):
            assert request.url.endswith("/code")
    assert her.person.faults == []


def test_wrong_codes_are_told_and_at_last_refused(seal: Seal, visit: Callable[..., Visitor]) -> None:
    her = visit(seal())
    her.open_link()
    her.ask()
    code = her.next_code()
    alert = her.page.get_by_role("alert")
    for number in range(5):
        her.give(f"{(int(code) + 1 + number) % 10**8:08d}")
        expect(alert).to_contain_text("Koden passer ikke")
    her.give(code)
    expect(alert).to_contain_text("prøvet for mange gange")
    her.press("Send en ny kode")
    expect(alert).to_have_count(0)
    her.give(her.next_code())
    expect(her.heading).to_have_text(SUBJECT)


@pytest.mark.parametrize("end", [PortalSite.revoke, PortalSite.expire])
def test_what_ends_while_it_is_read_is_gone_at_the_next_click(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor], end: Callable[[PortalSite, Letter], None]
) -> None:
    """And the link is dead all the way, as that of a message that never was."""
    letter = seal()
    her = reader(letter)
    end(site, letter)
    her.page.reload()
    expect(her.heading).to_have_text("Åbn beskeden igen")
    assert her.body.locator("body").count() == 0
    her.page.goto(her.link)
    her.ask()
    her.give("12345678")
    expect(her.page.get_by_role("alert")).to_contain_text("Koden passer ikke")
    assert not site.return_port.received


def test_a_second_browser_needs_a_code_of_its_own(seal: Seal, visit: Callable[..., Visitor]) -> None:
    letter = seal()
    her, him = visit(letter), visit(letter, PHONE)
    her.open_link()
    her.ask()
    code = her.next_code()
    him.page.goto(re.sub(r"at=\d+", "at=0", her.page.url))  # nobody carries it over within seconds
    expect(him.heading).to_have_text("Åbn beskeden igen")
    him.open_link()
    him.ask()
    own = him.next_code()
    him.give(code)
    expect(him.page.get_by_role("alert")).to_contain_text("Koden passer ikke")
    her.give(code)
    expect(her.heading).to_have_text(SUBJECT)
    him.give(own)
    expect(him.heading).to_have_text(SUBJECT)


def test_two_tabs_double_clicks_and_the_back_button_do_no_harm(
    site: PortalSite, seal: Seal, visit: Callable[..., Visitor]
) -> None:
    letter = seal()
    her = visit(letter)
    her.open_link()
    her.page.get_by_role("button", name="Send mig en kode").dblclick()
    expect(her.heading).to_have_text("Skriv koden")
    assert len(site.return_port.wait_for(1)) == 1
    code = her.next_code()
    other = her.person.page()
    other.goto(her.page.url)
    other.get_by_label("Kode", exact=True).fill(code)
    her.page.get_by_label("Kode", exact=True).fill(code)
    other.get_by_role("button", name="Læs beskeden").dblclick()
    her.press("Læs beskeden")  # the code is used up, and this browser has it open
    for page in (other, her.page):
        expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    her.write("Tak.")
    her.page.get_by_role("button", name="Send svar").dblclick()
    expect(her.page.get_by_text("Dit svar er sendt.")).to_be_visible()
    her.page.go_back()
    her.page.reload()
    expect(her.page.locator(".answers .words")).to_have_text(["Tak."])
    assert len(site.return_port.received) == 1
    her.press("Luk beskeden")
    expect(her.heading).to_have_text("Beskeden er lukket")
    her.page.go_back()
    expect(her.heading).to_have_text("Åbn beskeden igen")
    other.reload()
    expect(other.get_by_role("heading", level=1)).to_have_text("Åbn beskeden igen")


def test_hostile_html_runs_nothing_fetches_nothing_and_leads_nowhere(
    site: PortalSite, seal: Seal, visit: Callable[..., Visitor]
) -> None:
    her = visit(seal(HOSTILE))
    her.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    her.read()
    expect(her.body.get_by_text("harmløs tekst")).to_be_visible()
    her.page.wait_for_load_state("networkidle")
    picture = her.body.get_by_alt_text("vores")
    expect(picture).to_have_js_property("naturalWidth", 1)
    for link in her.body.locator("a").all():
        href = link.get_attribute("href")
        assert not href or href.startswith("https://anden.example/"), href
    with her.page.expect_popup() as opened:
        her.body.get_by_text("en side").click()
    opened.value.close()
    assert her.page.evaluate("window.pwned") is None
    assert her.page.title() == "Sikker besked · Nordby Vandværk"
    strangers = {address for address in her.person.asked if not address.startswith(site.origin + "/")}
    assert strangers <= {"https://anden.example/side"}  # the link that she clicked, and nothing else
    assert her.overflow <= 0
    frame = her.page.locator("iframe").bounding_box()
    fixed = her.body.get_by_text("fast").bounding_box()
    assert frame is not None
    assert fixed is None or fixed["width"] <= frame["width"]


def test_where_a_link_leads_is_seen_whatever_stands_around_it(
    seal: Seal, reader: Callable[..., Visitor]
) -> None:
    around = "font-size:0;line-height:0;color:#595959;background-color:#595959;letter-spacing:-9px"
    html = (
        f'<div style="{around}"><bdo dir="rtl"><a href="https://ond.example/">'
        '<span style="font-size:16px;background-color:#fff">bank.example</span></a></bdo></div>'
    )
    her = reader(seal(html))
    told = her.body.locator(".target")
    expect(told).to_have_text("[ond.example]")
    for name, value in {
        "font-size": "14px", "background-color": "rgb(255, 255, 255)", "color": "rgb(89, 89, 89)",
        "direction": "ltr", "unicode-bidi": "isolate", "letter-spacing": "normal",
    }.items():  # fmt: skip
        expect(told).to_have_css(name, value)
    for said in (her.body.locator("a"), her.body.locator("a span")):
        for name, value in {"direction": "ltr", "unicode-bidi": "isolate", "white-space": "normal"}.items():
            expect(said).to_have_css(name, value)


def test_files_are_saved_and_never_shown(seal: Seal, reader: Callable[..., Visitor]) -> None:
    content = mail()
    her = reader(seal(content=content))
    names = set()
    for link in her.page.get_by_role("link", name="Hent").all():
        with her.page.expect_download() as saved:
            link.click()
        names.add(saved.value.suggested_filename)
    assert names == {"måler.png", "aflæsning.csv"}
    with her.page.expect_download() as saved:
        her.page.get_by_role("link", name="Som mail (.eml, til Outlook og andre mailprogrammer)").click()
    assert saved.value.suggested_filename == f"{SUBJECT}.eml"
    assert saved.value.path().read_bytes() == content
    with her.page.expect_download() as saved:
        her.page.get_by_role("link", name="Som PDF").click()
    assert saved.value.suggested_filename == f"{SUBJECT}.pdf"
    assert saved.value.path().read_bytes().startswith(b"%PDF-")
    her.page.locator("summary").filter(has_text="måler.png").click()
    expect(her.page.get_by_role("img", name="Visning af måler.png")).to_have_js_property("complete", True)
    expect(her.page.get_by_role("img", name="Visning af måler.png")).to_have_js_property("naturalWidth", 1)


def test_files_are_chosen_dropped_and_taken_out_again(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal())
    photos = [(f"foto {number}.jpg", bytes([number]) * 50_000) for number in (1, 2)]
    her.attach(photos[0])
    her.page.evaluate(
        """() => { const data = new DataTransfer();
        data.items.add(new File(["x".repeat(9000)], "sluppet.txt"));
        const event = new DragEvent("drop", {dataTransfer: data, bubbles: true});
        document.querySelector("[data-drop]").dispatchEvent(event); }"""
    )
    her.attach(photos[1])
    chosen = her.page.locator("[data-chosen] .name")
    expect(chosen).to_have_text(["foto 1.jpg", "sluppet.txt", "foto 2.jpg"])
    her.press("Fjern foto 1.jpg")
    expect(chosen).to_have_text(["sluppet.txt", "foto 2.jpg"])
    her.write("To filer.")
    her.send()
    [answer] = site.return_port.wait_for(1)
    assert answer.content.count(b"Content-Disposition: attachment") == 2


def test_a_file_that_is_refused_is_told_and_what_was_written_stays(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(), PHONE)
    her.write("Se filen.")
    cases = [("virus.exe", b"MZ", "kan ikke sendes"), ("tom.txt", b"", "er tom")]
    for name, content, words in cases:
        her.attach((name, content))
        her.press("Send svar")
        expect(her.page.get_by_role("status")).to_contain_text(f"{name} {words}")
        expect(her.page.get_by_label("Skriv dit svar")).to_have_value("Se filen.")
        her.press(f"Fjern {name}")
    her.attach(*((f"{number}.txt", b"x") for number in range(101)))
    her.press("Send svar")
    expect(her.page.get_by_role("status")).to_contain_text("for mange filer")
    her.press("Fjern 100.txt")
    her.send()
    [answer] = site.return_port.wait_for(1)
    assert answer.content.count(b"Content-Disposition: attachment") == 100
