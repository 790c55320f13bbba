"""Messages that demand more than others: the demand reaches the map, and nobody outside sees it."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest

from world.estate import standing_house
from world.house import HOSTNAME, House
from world.letters import COLLEAGUE, CPR, GOOD, PARTNER, SENDER, letter
from world.postfix import quick_start, wait_for_port, wait_until
from world.street import Street

pytestmark = pytest.mark.world

PINNED = "eva@forkertnavn.example"  # its certificate bears another name, which the postmaster wrote down
SETTINGS = """\
[[domain]]
name = "forkertnavn.example"
way = "tls"
match = ["www.forkertnavn.example"]

[[demand]]
labels = ["health"]
least = "pinned"

[[demand]]
cpr_numbers = 3
least = "sealed"
"""
ILLNESS = "Hej\n\nMette er sygemeldt med en depression og får medicin for sin angst hos psykiateren.\n"
ONE_NUMBER = f"Hej\n\nLejeren har CPR-nummer {CPR} og er flyttet.\n"
THREE_NUMBERS = "Hej\n\nCPR-nr. 010170-1234, CPR-nr. 020270-1235 og CPR-nr. 030370-1236.\n"


@pytest.fixture(scope="module")
def demanding(street: Street) -> Iterator[House]:
    with standing_house(street, settings_text=SETTINGS) as house:
        yield house


def send(house: House, street: Street, text: str, *recipients: str) -> None:
    street.forget()
    house.submit(letter("", recipients, "Sag", text).content, SENDER, recipients)
    wait_until(
        lambda: all(street.mail_for(r) for r in recipients) and not house.queued,
        30,
        lambda: house.log[-6000:],
    )


def kept_inside(street: Street) -> None:
    """No trace of the demand in anything that anybody got, the sender's reports included."""
    for peer in street.peers.values():
        for mail in peer.received:
            assert b"segl.invalid" not in mail.content.lower()
            assert "segl.invalid" not in repr(mail.recipients)
            assert b"x-segl-least" not in mail.content.lower()


def test_one_number_may_go_by_tls(demanding: House, street: Street) -> None:
    send(demanding, street, ONE_NUMBER, GOOD)
    [mail] = street.mail_for(GOOD)
    assert mail.tls is not None
    assert mail.helo == HOSTNAME, "a name that DNS knows"
    assert CPR.encode() in mail.content


def test_health_goes_by_tls_only_where_the_name_is_pinned(demanding: House, street: Street) -> None:
    send(demanding, street, ILLNESS, GOOD, PINNED, COLLEAGUE, PARTNER)
    [notice] = street.mail_for(GOOD)
    assert b"https://sikker.nordby-vand.example/m/" in notice.content
    [itself] = street.mail_for(PINNED)
    assert itself.tls is not None
    assert itself.helo == HOSTNAME
    assert itself.recipients == (PINNED,)
    assert b"depression" in itself.content
    assert [mail.recipients for mail in street.mail_for(COLLEAGUE) if mail.sender == SENDER] == [(COLLEAGUE,)]
    [tunnelled] = street.mail_for(PARTNER)
    assert b"pkcs7-mime" in tunnelled.content
    kept_inside(street)


def test_many_numbers_go_by_no_tls_at_all(demanding: House, street: Street) -> None:
    send(demanding, street, THREE_NUMBERS, PINNED, PARTNER)
    [notice] = street.mail_for(PINNED)
    assert b"https://sikker.nordby-vand.example/m/" in notice.content
    assert b"pkcs7-mime" in street.mail_for(PARTNER)[0].content
    kept_inside(street)


@pytest.mark.parametrize("demand", ["dane", "Sealed ", "unheard-of"])
def test_a_demand_at_the_ordinary_entrance_is_sent_to_its_own(
    demanding: House, street: Street, demand: str
) -> None:
    street.forget()
    content = letter("", (GOOD,), "Sag", ONE_NUMBER, headers=(("X-Segl-Least", demand),)).content
    with smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp:
        smtp.sendmail(SENDER, [GOOD], content)
    only_a_notice_arrives(demanding, street)


def only_a_notice_arrives(house: House, street: Street) -> None:
    wait_until(lambda: bool(street.mail_for(GOOD)) and not house.queued, 40, lambda: house.log[-6000:])
    [notice] = street.mail_for(GOOD)
    assert b"https://sikker.nordby-vand.example/m/" in notice.content
    kept_inside(street)


def test_what_was_queued_anew_in_the_secure_instance_keeps_its_demand(
    demanding: House, street: Street
) -> None:
    """`postsuper -r ALL`, typed by many after they have mended DNS: it passes the ordinary entrance's cleanup."""
    street.forget()
    demanding.map.stop()
    demanding.submit(letter("", (GOOD,), "Sag", ILLNESS).content, SENDER, (GOOD,))
    wait_until(lambda: bool(demanding.secure.queued), 30, lambda: demanding.log[-4000:])
    demanding.secure.requeue()
    demanding.map.start()
    demanding.secure.wait_for_log(r"segl-again/smtp.*status=sent")
    demanding.secure.flush()
    only_a_notice_arrives(demanding, street)


def test_what_was_queued_anew_in_the_front_keeps_its_demand(demanding: House, street: Street) -> None:
    """There its verdict's FILTER gives way to content_filter, which is the ordinary entrance."""
    street.forget()
    demanding.secure.stop()
    demanding.submit(letter("", (GOOD,), "Sag", ILLNESS).content, SENDER, (GOOD,))
    wait_until(lambda: bool(demanding.front.queued), 30, lambda: demanding.log[-4000:])
    demanding.front.requeue()
    quick_start(demanding.directory / "secure/spool")
    demanding.secure.run("postfix", "start")
    wait_for_port("127.0.0.1", 10026)
    demanding.front.flush()
    only_a_notice_arrives(demanding, street)


def test_nothing_crossed_the_wire_in_clear(demanding: House, street: Street) -> None:
    for word in (CPR, "depression", "010170"):
        assert word.encode() not in street.seen_in_clear()
