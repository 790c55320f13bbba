"""What segl-map proves by itself, and Postfix delivers by: DANE that holds, DANE that fails, any certificate.

No policy here is the test's: DNS is signed, the servers show what they show, and the map finds it out.
"""

from __future__ import annotations

import smtplib
import subprocess
from collections.abc import Iterator

import pytest

from world.estate import half_a_house
from world.house import House
from world.letters import SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

SETTINGS = """\
[[domain]]
name = "gammelserver.example"
least = "encrypt"
"""
SECRET = "Kun for dig"


@pytest.fixture(scope="module")
def half_house(street: Street) -> Iterator[House]:
    with half_a_house(street, SETTINGS) as house:
        yield house


def asked(house: House, key: str, table: str) -> str:
    """What segl-map tells Postfix, once it has found out."""
    answer: list[str] = []

    def answered() -> bool:
        done = subprocess.run(
            [
                "postmap",
                "-c",
                str(house.secure.config),
                "-q",
                key,
                f"socketmap:unix:{house.run}/map.sock:{table}",
            ],
            capture_output=True,
            text=True,
            timeout=30,
        )
        answer[:] = [done.stdout.strip()]
        return not done.stderr

    wait_until(answered, 60, lambda: house.map.log[-3000:])
    return answer[0]


def hand_over(recipient: str) -> None:
    content = letter("", (recipient,), "Sag", f"{SECRET}\n").content
    with smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp:
        smtp.sendmail(SENDER, [recipient], content)


@pytest.mark.parametrize(
    ("domain", "policy", "how"),
    [
        ("signeret.example", "dane-only protocols=>=TLSv1.2", "Verified"),
        ("gammelserver.example", "encrypt servername=hostname protocols=>=TLSv1.2", "Untrusted"),
        ("boligforening.example", "verify servername=hostname protocols=>=TLSv1.2", "Verified"),
    ],
)
def test_mail_goes_by_the_proof_that_was_found(
    half_house: House, street: Street, domain: str, policy: str, how: str
) -> None:
    street.forget()
    assert asked(half_house, f"bo@{domain}", "transport") == f"segl-tls:{domain}"
    assert asked(half_house, domain, "tlspolicy") == policy
    hand_over(f"bo@{domain}")
    peer = street.peers[domain]
    wait_until(lambda: bool(peer.received), 40, lambda: half_house.secure.log[-3000:])
    [mail] = peer.received
    assert mail.tls is not None
    half_house.secure.wait_for_log(rf"{how} TLS connection established to mx\.{domain}\[")
    assert SECRET.encode() not in peer.clear
    assert b"MAIL FROM" not in peer.clear.upper()


def test_a_promise_that_fails_is_no_message_that_waits_for_days(half_house: House, street: Street) -> None:
    """Its DNS vouches for another certificate than it shows: the next way at once, and nothing weaker by TLS."""
    assert asked(half_house, "bo@falsk.example", "transport").startswith("segl-portal:")
    assert asked(half_house, "falsk.example", "tlspolicy") == ""
    assert (
        "mail host mx.falsk.example shows a certificate that its TLSA records do not name"
        in half_house.map.log
    )


@pytest.mark.parametrize("domain", ["udloebet.example", "forkertnavn.example", "klartekst.example"])
def test_what_proves_nothing_goes_the_next_way(half_house: House, domain: str) -> None:
    assert asked(half_house, f"bo@{domain}", "transport").startswith("segl-portal:")
    assert asked(half_house, domain, "tlspolicy") == ""


def test_what_a_message_demands_is_met_or_the_copy_takes_another_way(half_house: House) -> None:
    demanding = "least-dane.segl.invalid"
    assert (
        asked(half_house, f"bo@signeret.example.{demanding}", "transport") == "segl-tls-dane:signeret.example"
    )
    assert asked(half_house, "signeret.example", "tlspolicy-dane") == "dane-only protocols=>=TLSv1.2"
    for domain in ("boligforening.example", "gammelserver.example"):
        assert asked(half_house, f"bo@{domain}.{demanding}", "transport").startswith("segl-portal:")
