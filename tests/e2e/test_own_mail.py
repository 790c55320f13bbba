"""What Segl itself writes to own people whose addresses are aliases: it arrives, and leaves the house by a secure way
alone."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from segl.mail.own_mail import OwnMail
from segl.mail.return_port import ReturnPort
from segl_portal.answering import Taken
from world.estate import standing_house
from world.forms import Form
from world.house import DOMAIN, HOSTNAME, House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER, letter
from world.page import LINK, Page, page_of
from world.peers import ReceivedMail
from world.postfix import wait_until, with_parameters
from world.receipts import other_reports, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

# What these addresses stand for; no mailbox has their names.
INFO, OLD = f"info@{DOMAIN}", f"mette.holm@{DOMAIN}"  # a virtual alias, a canonical address
BOARD = f"bestyrelsen@{DOMAIN}"  # two colleagues
AWAY, AWAY_SAFE = f"konsulent@{DOMAIN}", f"revisor@{DOMAIN}"  # each forwarded outside
LOCAL = f"ole@{DOMAIN}"  # a user of the host
ALIASES = {LOCAL: "ole", INFO: SENDER, BOARD: f"{SENDER}, {COLLEAGUE}", AWAY: BARE, AWAY_SAFE: GOOD}
ARCHIVE = f"arkiv@{DOMAIN}"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"
ANSWER = "Jeg kommer paa fredag kl. 10.\n"


def name_aliases(house: House) -> None:
    entries = ", ".join(f"{{ {alias} = {to} }}" for alias, to in ALIASES.items())
    house.front.main_cf = with_parameters(
        house.front.main_cf,
        virtual_alias_maps=f"inline:{{ {entries} }}",
        recipient_canonical_maps=f"inline:{{ {{ {OLD} = {SENDER} }} }}",
        mydestination=HOSTNAME,
        local_transport="discard",
    )
    house.front.write()  # segl-map reads it when it starts, which all do at once


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    with standing_house(street, prepare=name_aliases) as house:
        yield house


@pytest.fixture(scope="module")
def page(house: House, street: Street) -> Iterator[Page]:
    with page_of(house, street) as page:
        yield page


@pytest.fixture(autouse=True)
def nothing_before(street: Street) -> Iterator[None]:
    street.forget()
    for alias in (*ALIASES, OLD):
        street.store.rcpt_replies[alias] = "550 5.1.1 no such user"
    yield
    street.store.rcpt_replies.clear()


@contextmanager
def changed(house: House, **files: str) -> Iterator[None]:
    """The front with another main_cf or master_cf."""
    before = {name: getattr(house.front, name) for name in files}
    try:
        reloaded(house, files)
        yield
    finally:
        reloaded(house, before)


def reloaded(house: House, files: dict[str, str]) -> None:
    for name, text in files.items():
        setattr(house.front, name, text)
    house.front.write()
    house.front.reload()


@contextmanager
def settings_of(house: House, extra: str) -> Iterator[None]:
    """segl-deliver with *extra* tables in its settings."""
    before = house.settings_text
    try:
        told_again(house, extra)
        yield
    finally:
        told_again(house, before)


def told_again(house: House, tables: str) -> None:
    times = len([event for event in house.deliver.events if event["event"] == "reloaded"])
    house.write_settings(tables)
    house.deliver.signal(signal.SIGHUP)
    wait_until(
        lambda: len([event for event in house.deliver.events if event["event"] == "reloaded"]) > times,
        30,
        lambda: house.deliver.log,
    )


def quiet(house: House) -> None:
    wait_until(lambda: not house.queued, 60, lambda: house.log[-9000:])


@pytest.mark.parametrize("sender", [INFO, OLD])
def test_the_receipt_arrives_where_the_senders_alias_leads(house: House, street: Street, sender: str) -> None:
    house.submit(secret_letter(GOOD, message_id=f"<{sender}>"), sender, [GOOD])
    wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: house.log[-9000:])
    quiet(house)
    [receipt] = receipts_for(street, SENDER)
    assert receipt.states == {GOOD: "sent"}
    assert receipt.mail.recipients == (SENDER,)
    assert receipt.message["To"] == f"<{sender}>"
    assert b"x-segl-" not in receipt.mail.content.lower()
    assert other_reports(street, SENDER) == [], "nobody asked to hear that the receipt arrived"


def test_an_alias_may_stand_for_a_user_of_the_host(house: House, street: Street) -> None:
    """Of whom the settings know nothing: `ole` becomes ole@ and the host's own name. His copies are told of, too."""
    everyone = (GOOD, LOCAL)
    house.submit(secret_letter(*everyone, message_id="<local@desk.example>"), LOCAL, everyone)
    arrived = re.compile(rf"discard\[\d+\]: \w+: to=<ole@{re.escape(HOSTNAME)}>")
    wait_until(lambda: len(arrived.findall(house.front.log)) == 2, 60, lambda: house.log[-9000:])
    quiet(house)
    # The log says so a moment after the front has taken it.
    wait_until(lambda: bool(receipts_told(house, LOCAL)), 30, lambda: house.log[-9000:])
    assert receipts_told(house, LOCAL) == ["sent"]


def test_a_colleagues_copy_is_heard_of_though_its_report_comes_to_two(house: House, street: Street) -> None:
    everyone = (GOOD, COLLEAGUE)
    house.submit(secret_letter(*everyone, message_id="<board@desk.example>"), BOARD, everyone)
    wait_until(lambda: bool(receipts_for(street, COLLEAGUE)), 60, lambda: house.log[-9000:])
    quiet(house)
    for reader in (SENDER, COLLEAGUE):
        [receipt] = receipts_for(street, reader)
        assert receipt.form["complete"]
        assert receipt.states == {GOOD: "sent", COLLEAGUE: "sent"}
        assert other_reports(street, reader) == []


def test_nobodys_blind_copy_is_made_of_it(house: House, street: Street) -> None:
    """As before: the blind copies of a house are of what its people write."""
    with changed(house, main_cf=with_parameters(house.front.main_cf, always_bcc=ARCHIVE)):
        house.submit(secret_letter(GOOD, message_id="<bcc@desk.example>"), INFO, [GOOD])
        wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: house.log[-9000:])
        quiet(house)
    assert len(street.mail_for(ARCHIVE)) == 1, "the message itself"
    assert receipts_for(street, ARCHIVE) == []


def receipts_told(house: House, sender: str) -> list[str]:
    """The kinds of receipts that *sender* was sent."""
    events = house.deliver.events
    return [one["kind"] for one in events if one["event"] == "receipt_sent" and one["sender"] == sender]


def answer_to(page: Page, street: Street, sender: str) -> None:
    """Ole gets a sealed message from *sender*, and answers it on its page."""
    text = letter("", (BARE,), "Din sag", f"Hej Ole\n\nDit CPR-nummer er {CPR}.\n").content
    told = len(receipts_told(page.house, sender))
    page.house.submit(text.replace(SENDER.encode(), sender.encode()), sender, [BARE])
    wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: page.house.log[-6000:])
    notice = street.mail_for(BARE)[0].content
    # Where the sender is forwarded to Ole, too, his receipt is sealed: a notice more, which is neither code nor answer.
    wait_until(lambda: len(receipts_told(page.house, sender)) > told, 60, lambda: page.house.log[-6000:])
    quiet(page.house)
    opened = page.open(notice, BARE)
    quiet(page.house)
    street.forget()
    assert isinstance(page.send(opened, Form(text=ANSWER)), Taken)
    opened.content.close()


def answers(mails: list[ReceivedMail]) -> list[ReceivedMail]:
    return [mail for mail in mails if b"\r\nSegl-Answer:" in mail.content]


def test_an_answer_from_the_portal_arrives_where_the_alias_leads(page: Page, street: Street) -> None:
    answer_to(page, street, INFO)
    wait_until(lambda: bool(answers(street.store.received)), 60, lambda: page.house.log[-6000:])
    quiet(page.house)
    [mail] = answers(street.store.received)
    assert mail.recipients == (SENDER,)
    assert ANSWER.strip().encode() in mail.content
    assert ANSWER.strip().encode() not in street.seen_in_clear()
    assert not [mail for mail in street.store.received if b"multipart/report" in mail.content]


def test_an_answer_to_an_alias_that_leads_outside_does_not_leave_in_clear(page: Page, street: Street) -> None:
    """Its server takes no TLS: it is sealed, as all that must go securely."""
    answer_to(page, street, AWAY)
    wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: page.house.log[-6000:])
    quiet(page.house)
    [notice] = [mail for mail in street.mail_for(BARE) if b"/m/" in mail.content]
    assert LINK.search(notice.content.replace(b"=\r\n", b"").replace(b"=3D", b"="))
    assert ANSWER.strip().encode() not in street.seen_in_clear()
    assert not answers(street.store.received)


def test_and_by_tls_where_its_server_proves_who_it_is(page: Page, street: Street) -> None:
    answer_to(page, street, AWAY_SAFE)
    wait_until(lambda: bool(answers(street.good.received)), 60, lambda: page.house.log[-6000:])
    quiet(page.house)
    [mail] = answers(street.good.received)
    assert mail.tls is not None
    assert ANSWER.strip().encode() not in street.seen_in_clear()


def test_the_receipt_of_one_who_is_forwarded_outside_is_sealed_and_ends_there(
    house: House, street: Street
) -> None:
    """It bears no content, and still goes the one way that all of Segl's own mail goes. Of it nobody is told."""
    house.submit(secret_letter(GOOD, message_id="<away@desk.example>"), AWAY, [GOOD])
    wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: house.log[-9000:])
    quiet(house)
    [notice] = street.mail_for(BARE)
    assert LINK.search(notice.content.replace(b"=\r\n", b"").replace(b"=3D", b"="))
    assert GOOD.encode() not in street.seen_in_clear()
    assert not street.store.received


def test_postfixs_own_notice_to_one_who_is_forwarded_outside_is_sealed(house: House, street: Street) -> None:
    """The front reports of a colleague's mailbox, with the whole header of a message that went securely, and has read
    whom the sender's alias stands for. He wants such notices in place of receipts."""
    with settings_of(house, f'[[receipt]]\ndomain = "{DOMAIN}"\nsend = "none"\n'):
        street.store.rcpt_replies[COLLEAGUE] = "550 5.2.2 mailbox full"
        house.submit(secret_letter(COLLEAGUE, message_id="<full@desk.example>"), AWAY, [COLLEAGUE, GOOD])
        wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: house.log[-9000:])
        quiet(house)
    [notice] = street.mail_for(BARE)
    assert LINK.search(notice.content.replace(b"=\r\n", b"").replace(b"=3D", b"="))
    assert b"Flytning" not in street.seen_in_clear()
    assert not [mail for mail in street.store.received if b"multipart/report" in mail.content]


def test_an_address_that_the_house_does_not_know_is_refused_at_once(house: House, street: Street) -> None:
    """And not lost in a queue: whoever was to be told of it is."""
    known = f"inline:{{ {{ {SENDER} = x }} }}"
    with changed(house, main_cf=with_parameters(house.front.main_cf, relay_recipient_maps=known)):
        back = ReturnPort.at(house.settings.reinject, 60)
        mail = OwnMail.of(house.settings, back, lambda error: pytest.fail(error.private))
        gone = f"fratraadt@{DOMAIN}"
        # A server that Postfix started before it was told of the change may still take one.
        codes: list[int] = []

        def is_refused() -> bool:
            codes.extend(one.code for one in mail.send("", [gone], MESSAGE, smtputf8=False).refused.values())
            return bool(codes)

        wait_until(is_refused, 30, lambda: house.log[-9000:])
        assert codes == [550]
        assert mail.send("", [INFO], MESSAGE, smtputf8=False).refused == {}
        wait_until(lambda: bool(street.mail_for(SENDER)), 60, lambda: house.log[-9000:])


def test_without_the_port_it_goes_the_old_way_and_the_log_says_so(house: House, street: Street) -> None:
    """Segl is new here, and `segl install` has not run since. The last test of all: it is remembered for a minute."""
    services = house.front.master_cf
    start, end = services.index("127.0.0.1:10028 inet"), services.index("segl-cleanup unix")
    with changed(house, master_cf=services[:start] + services[end:]):
        house.submit(secret_letter(GOOD, message_id="<old@desk.example>"), SENDER, [GOOD])
        wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: house.log[-9000:])
    told = [event for event in house.deliver.events if event["event"] == "own_port_missing"]
    assert [event["hint"] for event in told] == ["run: segl install"]
