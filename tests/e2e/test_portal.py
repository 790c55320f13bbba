"""From the sender's mail program to the answer in the sender's mailbox: two real Postfixes, segl-portal with TLS, and a
real browser in between."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import expect

from world.browser import DESKTOP, PHONE, Chromium
from world.counter import codes_in
from world.estate import portal_of, standing_house
from world.house import DOMAIN, House
from world.letters import BARE, CPR, SENDER, letter
from world.postfix import wait_until
from world.street import Street
from world.visitor import Visitor

pytestmark = pytest.mark.world

PORTAL = f"sikker.{DOMAIN}"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 40
LINK = re.compile(rf"https://{re.escape(PORTAL)}/m/[0-9a-f]{{32}}#[\w-]{{43}}")
WEB = """
[portal.web]
listen = "127.0.0.1:443"
certificate = "{certificate}"
key = "{key}"
workers = 2

[[portal.look]]
name = "Nordby Vandværk"
contact = "Spørgsmål? Ring på 12 34 56 78."
"""


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    certificate = street.ca.issue([PORTAL])
    web = WEB.format(certificate=certificate.cert, key=certificate.key)
    with standing_house(street, settings_text=web) as house, portal_of(house):
        yield house


@pytest.fixture(scope="module")
def chromium(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    directory = tmp_path_factory.mktemp("chromium")
    with Chromium(directory, street.ca.file, {PORTAL: "127.0.0.1"}) as chromium:
        yield chromium


def mails(street: Street, address: str) -> list[EmailMessage]:
    return [email.message_from_bytes(one.content, policy=policy.default) for one in street.mail_for(address)]


def arrived(house: House, street: Street, address: str) -> EmailMessage:
    """The next mail for *address*; starts a new record."""
    wait_until(lambda: bool(street.mail_for(address)), 90, lambda: house.log[-6000:])
    mail = mails(street, address)[0]
    street.forget()
    return mail


def answered(house: House, street: Street) -> EmailMessage:
    """The answer, when it is in the sender's mailbox; the receipt is there, too."""

    def there() -> list[EmailMessage]:
        return [mail for mail in mails(street, SENDER) if "segl-answer" in mail["Message-ID"]]

    wait_until(lambda: bool(there()), 90, lambda: house.log[-6000:])
    return there()[0]


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_from_submission_to_the_answer_in_the_senders_mailbox(
    house: House, street: Street, chromium: Chromium, screen: dict[str, Any]
) -> None:
    street.forget()
    text = f"Hej Ole\n\nDit CPR-nummer er {CPR}. Vi ses.\n"
    thread = (("Message-ID", f"<sag.{len(screen)}@{DOMAIN}>"),)
    sent = letter(
        "", (BARE,), "Din sag", text, attachment=("kort.pdf", "application/pdf", PDF), headers=thread
    )
    house.submit(sent.content, SENDER, [BARE])

    notice = arrived(house, street, BARE)
    words = notice.get_body(("plain",))
    assert words is not None
    found = LINK.search(words.get_content())
    assert found is not None
    assert "CPR" not in words.get_content()

    def code() -> str:
        def codes() -> list[str]:
            return codes_in(mail.content for mail in street.mail_for(BARE))

        wait_until(lambda: bool(codes()), 90, lambda: house.log[-6000:])
        found = codes()[-1]
        street.forget()
        return found

    with Visitor(chromium.person(screen), found[0], code) as her:
        her.read()
        expect(her.heading).to_have_text("Din sag")
        expect(her.body.get_by_text(CPR)).to_be_visible()
        expect(her.page.get_by_text("Ring på 12 34 56 78")).to_be_visible()
        with her.page.expect_download() as saved:
            her.page.get_by_role("link", name="Hent kort.pdf").click()
        assert saved.value.path().read_bytes() == PDF
        her.write("Tak. Her er min lønseddel.")
        her.attach(("lønseddel.pdf", PDF))
        her.send()
        assert her.person.faults == []
        assert all(address.startswith(f"https://{PORTAL}/") for address in her.person.asked)

    answer = answered(house, street)
    assert answer["Subject"].endswith("Din sag")
    written = answer.get_body(("plain",))
    assert written is not None
    assert written.get_content().startswith("Tak. Her er min lønseddel.")
    assert thread[0][1] in answer["References"]
    [file] = answer.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("lønseddel.pdf", PDF)
    assert CPR.encode() not in street.seen_in_clear()
