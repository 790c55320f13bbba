"""segl-map's answers as the secure Postfix takes them: at RCPT, in the queue, and at delivery.

Only the secure instance and segl-map run here; the front and the agents are not needed to see what Postfix
makes of an answer.
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from contextlib import suppress

import pytest

from world.estate import half_a_house
from world.house import House
from world.letters import BARE, GOOD, PARTNER, SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

PINS = """\
[[domain]]
name = "direct.example"
way = "tls"
next_hop = "[127.0.0.21]:25"
match = ["mx.boligforening.example"]

[[domain]]
name = "byname.example"
way = "tls"
next_hop = "[mx.boligforening.example]"

[[domain]]
name = "misnamed.example"
way = "tls"
next_hop = "[mx.forkertnavn.example]"
match = ["mx.forkertnavn.example"]
"""


@pytest.fixture(scope="module")
def half_house(street: Street) -> Iterator[House]:
    def prepare(house: House) -> None:
        certificate = street.partner.certificate.cert
        (house.tunnel / "kommune.example.pem").write_bytes(certificate.read_bytes())

    with half_a_house(street, PINS, prepare) as house:
        yield house


def hand_over(*recipients: str, sender: str = SENDER) -> None:
    """Give a message to the secure instance as the front does; refusals show in its log."""
    content = letter("", recipients, "Sag", "Hej\n").content
    with (
        smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp,
        suppress(smtplib.SMTPRecipientsRefused),
    ):
        smtp.sendmail(sender, recipients, content)


@pytest.fixture(autouse=True)
def _empty_queue(half_house: House, street: Street) -> Iterator[None]:
    street.forget()
    yield
    half_house.secure.run("postsuper", "-d", "ALL")


@pytest.mark.parametrize(
    ("recipient", "status", "text"),
    [
        ("bo@findes-ikke.example", "5.1.2", "the recipient's domain does not exist"),
        ("bo@[192.0.2.1]", "5.1.3", "the address has no domain name"),
        ("bo%klartekst.example@nordby-vand.example", "5.1.3", "an own address must not name"),
        ("klartekst.example!bo@nordby-vand.example", "5.1.3", "an own address must not name"),
    ],
)
def test_what_comes_back_to_the_sender(half_house: House, recipient: str, status: str, text: str) -> None:
    """Refused at RCPT or bounced from the queue: either way the sender reads why."""
    hand_over(recipient)
    who = re.escape(recipient)
    half_house.secure.wait_for_log(
        rf"550 {status} <{who}>: Recipient address rejected: {text}"
        rf"|to=<{who}>.*dsn={status}, status=bounced \({text}"
    )


def test_what_cannot_be_told_now_waits(half_house: House) -> None:
    recipient = "bo@stille.example"
    hand_over(recipient)
    half_house.secure.wait_for_log(
        rf"451 4.3.0 <{recipient}>: Temporary lookup failure"
        rf"|to=<{recipient}>.*dsn=4.3.0, status=deferred \(address resolver failure"
    )


@pytest.mark.parametrize("recipient", ['"Bo B+kopi"@BOLIGFORENING.example', "søren@boligforening.example"])
def test_odd_spellings_arrive(half_house: House, street: Street, recipient: str) -> None:
    if recipient.isascii():
        hand_over(recipient)
    else:
        with smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp:
            content = letter("", ("bo@boligforening.example",), "Sag", "Hej\n").content
            smtp.sendmail(SENDER, [recipient], content, mail_options=["SMTPUTF8"])
    wait_until(lambda: bool(street.good.received), 30, lambda: half_house.log[-3000:])
    assert street.good.received[0].tls is not None


@pytest.mark.parametrize("sender", ["nogen@stille.example", "nogen@findes-ikke.example"])
def test_the_senders_domain_holds_no_mail_up(half_house: House, street: Street, sender: str) -> None:
    """smtpd may ask the map for the sender too; only the recipient's answer counts."""
    hand_over(GOOD, sender=sender)
    wait_until(lambda: bool(street.good.received), 30, lambda: half_house.log[-3000:])


def test_unix_next_hops_reach_the_agents_sockets(half_house: House) -> None:
    """No agent runs: Postfix says which socket it tried, and keeps the mail."""
    hand_over(PARTNER, BARE)
    for name, recipient in (("tunnel", PARTNER), ("portal", BARE)):
        half_house.secure.wait_for_log(
            rf"segl-{name}/lmtp\[\d+\]: \w+: to=<{recipient}>.*status=deferred "
            rf"\(connect to [^ ]+\[{half_house.run}/{name}\.sock\]: No such file"
        )


@pytest.mark.parametrize(
    ("recipient", "host"),
    [
        (GOOD, r"mx\.boligforening\.example"),  # proven by the live check: verify, with SNI
        ("bo@byname.example", r"mx\.boligforening\.example"),  # verify, the host in brackets
        ("bo@direct.example", r"127\.0\.0\.21"),  # secure, by the pinned name
    ],
)
def test_policies_that_let_mail_through(half_house: House, street: Street, recipient: str, host: str) -> None:
    hand_over(recipient)
    wait_until(lambda: bool(street.good.received), 30, lambda: half_house.secure.log[-3000:])
    [mail] = street.good.received
    assert mail.tls is not None
    assert recipient in mail.recipients
    half_house.secure.wait_for_log(rf"Verified TLS connection established to {host}\[127")


def test_a_policy_that_keeps_it_in(half_house: House, street: Street) -> None:
    hand_over("bo@misnamed.example")
    half_house.secure.wait_for_log(
        r"to=<bo@misnamed.example>.*status=deferred \(Server certificate not verified"
    )
    assert not street.misnamed.received


def test_postfix_never_complained_of_an_answer(half_house: House) -> None:
    for complaint in (
        "invalid TLS policy",
        "invalid attribute",
        "client TLS configuration problem",
        "bad transport",
    ):
        assert complaint not in half_house.secure.log
