"""segl-map's answers as the secure Postfix takes them: at RCPT, in the queue, and at delivery.

Only the secure instance and segl-map run here; the front and the agents are not needed to see what Postfix
makes of an answer.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from world.house import House
from world.letters import BARE, GOOD, PARTNER, SENDER, letter
from world.postfix import wait_for_port, wait_until
from world.street import Street

pytestmark = pytest.mark.world

PINS = """\
[[domain]]
name = "direct.example"
way = "tls"
next_hop = "[127.0.0.21]:25"
match = ["mx.boligforening.example"]

[[domain]]
name = "wrongname.example"
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
def half_house(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of which only segl-map and the secure Postfix run."""
    directory = tmp_path_factory.mktemp("half")
    for folder in (directory, directory.parent, directory.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o055)
    house = House(directory, ca_file=street.ca.file, settings_text=PINS)
    (house.tunnel / "kommune.example.pem").write_bytes(street.partner.certificate.cert.read_bytes())
    house.map.start()
    house.secure.start()
    wait_for_port("127.0.0.1", 10026)
    yield house
    house.secure.stop()
    assert house.map.stop() == 0


def secure_says(recipient: str, sender: str = SENDER) -> tuple[int, str]:
    """The reply of the secure instance to RCPT."""
    with smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp:
        smtp.ehlo()
        assert smtp.docmd("MAIL", f"FROM:<{sender}>")[0] == 250
        code, text = smtp.docmd("RCPT", f"TO:<{recipient}>")
        smtp.docmd("RSET")
    return code, text.decode()


def send(*recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp:
        smtp.sendmail(SENDER, recipients, letter("", recipients, "Sag", "Hej\n").content)


@pytest.mark.parametrize(
    ("recipient", "code", "text"),
    [
        (GOOD, 250, "2.1.5 Ok"),
        ('"Bo B"+kopi@BOLIGFORENING.example', 250, "2.1.5 Ok"),
        (PARTNER, 250, "2.1.5 Ok"),
        (BARE, 250, "2.1.5 Ok"),
        ("anna@nordby-vand.example", 250, "2.1.5 Ok"),
        ("bo@findes-ikke.example", 550, "5.1.2 {}: Recipient address rejected: the recipient's domain does"),
        ("bo@[192.0.2.1]", 550, "5.1.3 {}: Recipient address rejected: the address has no domain name"),
        (
            "bo%klartekst.example@nordby-vand.example",
            550,
            "5.1.3 {}: Recipient address rejected: an own address",
        ),
        (
            "klartekst.example!bo@nordby-vand.example",
            550,
            "5.1.3 {}: Recipient address rejected: an own address",
        ),
        ("bo@stille.example", 451, "4.3.0 {}: Temporary lookup failure"),
    ],
)
def test_at_rcpt(half_house: House, recipient: str, code: int, text: str) -> None:
    found = secure_says(recipient)
    assert found[0] == code, half_house.map.log[-2000:]
    assert found[1].startswith(text.format(f"<{recipient}>"))


@pytest.mark.parametrize("sender", ["", "nogen@stille.example", "nogen@findes-ikke.example"])
def test_the_senders_domain_holds_no_mail_up(half_house: House, sender: str) -> None:
    """Postfix asks the map for the sender too; only the recipient's answer may refuse."""
    assert secure_says(GOOD, sender)[0] == 250


def test_unix_next_hops_reach_the_agents_sockets(half_house: House) -> None:
    """No agent runs: Postfix says which socket it tried, and keeps the mail."""
    send(PARTNER, BARE)
    for name, recipient in (("tunnel", PARTNER), ("portal", BARE)):
        half_house.secure.wait_for_log(
            rf"segl-{name}/lmtp\[\d+\]: \w+: to=<{recipient}>.*status=deferred "
            rf"\(connect to [^ ]+\[{half_house.run}/{name}\.sock\]: No such file"
        )
    half_house.secure.run("postsuper", "-d", "ALL")


@pytest.mark.parametrize(
    ("recipient", "host"),
    [
        (GOOD, r"mx\.boligforening\.example"),  # proven by the live check: verify, with SNI
        ("bo@byname.example", r"mx\.boligforening\.example"),  # verify, the host in brackets
        ("bo@direct.example", r"127\.0\.0\.21"),  # secure, by the pinned name
    ],
)
def test_policies_that_let_mail_through(half_house: House, street: Street, recipient: str, host: str) -> None:
    street.forget()
    send(recipient)
    wait_until(lambda: bool(street.good.received), 20, lambda: half_house.secure.log[-3000:])
    [mail] = street.good.received
    assert mail.tls is not None
    assert recipient in mail.recipients
    half_house.secure.wait_for_log(rf"Verified TLS connection established to {host}\[127")


def test_a_policy_that_keeps_it_in(half_house: House, street: Street) -> None:
    street.forget()
    send("bo@misnamed.example")
    half_house.secure.wait_for_log(
        r"to=<bo@misnamed.example>.*status=deferred \(Server certificate not verified"
    )
    assert not street.misnamed.received
    half_house.secure.run("postsuper", "-d", "ALL")


def test_postfix_never_complained_of_an_answer(half_house: House, tmp_path: Path) -> None:
    for complaint in (
        "invalid TLS policy",
        "invalid attribute",
        "client TLS configuration problem",
        "bad transport",
    ):
        assert complaint not in half_house.secure.log
