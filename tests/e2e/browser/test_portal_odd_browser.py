"""What is odd: names of any length and direction, and telephones that are ten years old."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from segl_portal.visits.codes import spoken
from world.browser import SMALL_PHONE, Chromium
from world.moving_letter import Seal
from world.portal_site import OLD_HOST, PortalSite
from world.visitor import Visitor

pytestmark = pytest.mark.world

HEBREW = "שלום: תשובה (2026)!"
LONG = "y" * 150


def odd_mail() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"{HEBREW[:4]} <anna@nordby-vand.example>"
    message["To"] = "bo@vestby.example"
    message["Subject"] = HEBREW
    message.set_content(f"{HEBREW}\nHello (2026)!\n")
    for name in (f"{HEBREW[:4]} (1).txt", f"{LONG}.txt"):
        message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_what_is_written_from_right_to_left_is_read_so_and_nothing_else_is(
    seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(content=odd_mail()), SMALL_PHONE)
    her.write(HEBREW)
    direction = "element => getComputedStyle(element).direction"
    assert her.heading.evaluate(direction) == "rtl"
    assert her.page.get_by_label("Skriv dit svar").evaluate(direction) == "rtl"
    assert [name.evaluate(direction) for name in her.page.locator(".files bdi").all()[::2]] == ["rtl", "ltr"]
    assert her.page.locator("dl.letter").evaluate(direction) == "ltr"
    assert (
        her.body.locator(".text").evaluate("element => getComputedStyle(element).unicodeBidi") == "plaintext"
    )
    her.send()
    assert her.page.locator(".answers .words").evaluate(direction) == "rtl"


def test_a_file_of_a_long_name_that_is_chosen_leaves_the_page_as_wide_as_the_screen(
    site: PortalSite, seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(content=odd_mail()), SMALL_PHONE)
    her.attach((f"{LONG}.txt", b"x"))
    expect(her.page.get_by_role("button", name=f"Fjern {LONG}.txt")).to_be_visible()
    assert her.overflow <= 0
    her.send()
    assert her.overflow <= 0
    [answer] = site.return_port.wait_for(1)
    assert b"y" * 100 in answer.content


def test_why_an_answer_was_not_sent_is_where_one_reads_next(
    seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(), SMALL_PHONE)
    her.attach(("virus.exe", b"MZ"))
    her.press("Send svar")
    told = her.page.get_by_role("status")
    expect(told).to_contain_text("virus.exe kan ikke sendes")
    expect(told).to_be_focused()


def test_the_whole_link_put_into_the_address_bar_of_the_page_that_missed_its_end_is_taken(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    """A browser loads nothing anew for what stands behind the ``#``."""
    her = visit(seal(), SMALL_PHONE)
    place, _, secret = her.link.partition("#")
    her.page.goto(place)
    expect(her.page.get_by_text("Sidste del af linket mangler.")).to_be_visible()
    her.page.goto(her.link[:-5])
    expect(her.page.get_by_text("Sidste del af linket mangler.")).to_be_visible()
    her.page.goto(her.link)
    expect(her.page.get_by_text("Sidste del af linket mangler.")).to_be_hidden()
    assert secret not in her.page.url
    her.ask()
    her.give(her.next_code())
    her.page.wait_for_url("**/message")


def test_who_skips_to_the_content_keeps_the_links_secret(seal: Seal, visit: Callable[..., Visitor]) -> None:
    her = visit(seal())
    her.open_link()
    her.page.keyboard.press("Tab")
    her.page.keyboard.press("Enter")
    expect(her.page.get_by_role("main")).to_be_focused()
    expect(her.page).not_to_have_url(re.compile("#content"))  # the page hears of its place a moment later
    her.page.reload()
    expect(her.page.get_by_text("Sidste del af linket mangler.")).to_be_hidden()
    her.ask()


def test_a_link_of_which_a_part_is_missing_is_told_at_its_field(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    her = visit(seal(), SMALL_PHONE, script=False)
    her.page.goto(her.link.partition("#")[0])
    her.page.get_by_label("Linket fra mailen").fill("https://sikker.example/m/0#half")
    her.press("Send mig en kode")
    field = her.page.get_by_label("Linket fra mailen")
    expect(field).to_have_accessible_description(re.compile("Det er ikke hele linket"))


@pytest.mark.parametrize("missing", ["ResizeObserver", "DataTransfer"])
def test_an_old_browser_without_something_new_reads_and_answers(
    site: PortalSite, seal: Seal, visit: Callable[..., Visitor], missing: str
) -> None:
    her = visit(seal(), SMALL_PHONE)
    her.person.context.add_init_script(f"delete window.{missing};")
    her.read()
    her.write("Tak.")
    her.attach(("a.txt", b"x"))
    her.send()
    [sent] = [request for request in her.person.requests if request.url.endswith("/answer")]
    assert sent.resource_type == "xhr", "its progress was shown"
    [answer] = site.return_port.wait_for(1)
    assert answer.content.count(b"Content-Disposition: attachment") == 1


def test_what_is_too_large_or_too_many_is_told_before_it_is_sent(
    seal: Seal, reader: Callable[..., Visitor], tmp_path: Path
) -> None:
    film, half, other = (tmp_path / name for name in ("film.mp4", "halv.mp4", "anden.mp4"))
    for path, size in ((film, 60 << 20), (half, 30 << 20), (other, 30 << 20)):
        with path.open("wb") as file:
            file.truncate(size)
    her = reader(seal(), SMALL_PHONE)
    her.write("Se filmen.")
    for chosen, words in (([film], "film.mp4 er for stor"), ([half, other], "Svaret fylder for meget")):
        her.page.set_input_files("#attached", chosen)
        her.press("Send svar")
        told = her.page.get_by_role("status")
        expect(told).to_contain_text(words)
        expect(told).to_be_focused()
        for path in chosen:
            her.press(f"Fjern {path.name}")
    assert not [url for url in her.person.asked if url.endswith("/answer")]
    her.send()


def test_a_server_between_us_that_finds_it_too_large_is_understood(
    seal: Seal, reader: Callable[..., Visitor]
) -> None:
    her = reader(seal(), SMALL_PHONE)
    her.write("Se filen.")
    for status, words in (
        (413, "Svaret fylder for meget"),
        (403, "Svaret blev ikke sendt"),
        (504, "Vi ved ikke"),
    ):
        between = partial(_refuse, status)
        her.page.route("**/answer", between)
        her.press("Send svar")
        expect(her.page.get_by_role("status")).to_contain_text(words)
        her.page.unroute("**/answer", between)
    her.send()


def test_who_stops_a_page_that_does_not_come_may_press_again(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    """On a slow line. The page stays, with its button: it was dead until the page was loaded anew."""
    her = visit(seal(), SMALL_PHONE)
    her.page.clock.install()
    her.open_link()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    her.page.route("**/code", hold)
    her.page.get_by_role("button", name="Send mig en kode").focus()
    with her.page.expect_request("**/code"):
        for _ in range(2):  # twice at once is once
            her.page.keyboard.press("Enter")
    her.person.context.new_cdp_session(her.page).send("Page.stopLoading")
    assert len(held) == 1
    her.page.unroute("**/code", hold)
    her.page.clock.fast_forward(6_000)
    her.ask()
    her.give(her.next_code())
    her.page.wait_for_url("**/message")


def _refuse(status: int, route: Route) -> None:
    route.fulfill(status=status, body="<h1>no</h1>")


@contextmanager
def moved(new: str) -> Iterator[int]:
    """The web server under a portal's old name, on the port that comes out: who asks is sent on to the same path of
    *new*. It is never told what stands behind the ``#``."""

    class Moved(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(301)
            self.send_header("Location", new + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            assert "#" not in self.path

    with ThreadingHTTPServer(("127.0.0.1", 0), Moved) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_link_to_the_portals_old_name_still_opens_where_that_leads_to_the_new_one(
    site: PortalSite, seal: Seal, chromium: Chromium
) -> None:
    """A browser takes what stands behind the ``#`` along (RFC 9110 §10.2.2)."""
    letter = seal()
    with moved(site.origin) as port:
        old = site.link(letter).replace(site.origin, f"http://{OLD_HOST}:{port}")
        with Visitor(chromium.person(SMALL_PHONE), old, lambda: site.next_code(letter.recipient)) as her:
            her.read()
            assert her.page.url.startswith(site.origin)


def test_a_code_that_is_pasted_with_the_line_it_stood_in_opens_the_message(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    her = visit(seal(), SMALL_PHONE)
    her.open_link()
    her.ask()
    line = f"Din kode er {spoken(her.next_code())}"
    her.page.get_by_label("Kode", exact=True).focus()
    her.page.keyboard.insert_text(line)  # as the clipboard does, within the field's limit
    her.press("Læs beskeden")
    her.page.wait_for_url("**/message")


def test_who_comes_once_more_by_a_link_in_a_web_mail_may_type_the_code_that_she_has(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    """With a link of another site comes no cookie."""
    her = visit(seal())
    web_mail = her.person.page()
    web_mail.set_content(f'<a href="{her.link}">Læs beskeden</a>')
    her.open_link()
    her.ask()
    web_mail.click("a")
    her.page = web_mail
    expect(her.heading).to_have_text("Skriv koden")
    her.give(her.next_code())
    her.page.wait_for_url("**/message")


def test_who_asked_with_half_a_link_and_has_it_whole_now_gets_a_code(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    her = visit(seal())
    her.page.clock.install()
    her.page.goto(her.link.partition("#")[0] + "#" + "A" * 43)
    her.ask()
    anew = her.page.get_by_role("button", name="Send en ny kode")
    expect(anew).to_be_hidden()
    her.page.clock.fast_forward(61_000)  # nobody sends one, and nothing may tell her so
    expect(anew).to_be_visible()
    her.page.goto(her.link)
    expect(her.heading).to_have_text("Skriv koden")
    her.press("Send en ny kode")
    her.page.wait_for_url("**/code?asked=1*")
    her.give(her.next_code())
    her.page.wait_for_url("**/message")


def test_whose_browser_was_ended_while_she_read_asks_for_a_code_without_her_mail(
    seal: Seal, visit: Callable[..., Visitor]
) -> None:
    """As a telephone does it: the tab is there again, what belongs to the browser's run is not."""
    her = visit(seal(), SMALL_PHONE)
    her.read()
    her.person.context.clear_cookies(name="__Secure-segl-reading")
    her.page.reload()
    expect(her.heading).to_have_text("Åbn beskeden igen")
    expect(her.page.get_by_label("Linket fra mailen")).to_be_hidden()
    her.ask()
    her.give(her.next_code())
    her.page.wait_for_url("**/message")
    her.press("Luk beskeden")
    expect(her.heading).to_have_text("Beskeden er lukket")
    assert her.page.evaluate("sessionStorage.length") == 0
