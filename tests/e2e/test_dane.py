"""DANE from the resolver to the delivered message: segl-map proves, Postfix holds to it (level dane-only).

One domain is left to segl-map. Two others, which it would send elsewhere, are pinned to `tls`, and a table of the
test gives them dane-only: what Postfix itself does then is what stands between a changed server and the message.
"""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterator

import pytest

from segl.vocabulary import Known
from segl_routing.dns.mx import MailDns
from segl_routing.proofs.dane import DANE_ONLY, Dane
from world.estate import half_a_house
from world.house import House
from world.letters import SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

DOMAINS = ("signeret.example", "falsk.example", "gammelserver.example")
FORCED = DOMAINS[1:]
PINS = "".join(f'[[domain]]\nname = "{name}"\nway = "tls"\n' for name in FORCED)
SECRET = "Kun for dig"


@pytest.fixture(scope="module")
def dane_house(street: Street) -> Iterator[House]:
    """Segl-map and the secure Postfix, which asks the test's table before segl-map for a policy."""

    def prepare(house: House) -> None:
        policies = " ".join(f"{{ {domain} = {DANE_ONLY} }}" for domain in FORCED)
        table = f"socketmap:unix:{house.run}/map.sock:tlspolicy"
        shipped = f"  -o smtp_tls_policy_maps={table}\n"
        assert house.secure.master_cf.count(shipped) == 1
        house.secure.master_cf = house.secure.master_cf.replace(
            shipped, f"  -o {{ smtp_tls_policy_maps = inline:{{ {policies} }}, {table} }}\n"
        )

    with half_a_house(street, PINS, prepare) as house:
        yield house


def hand_over(recipient: str) -> None:
    content = letter("", (recipient,), "Sag", f"{SECRET}\n").content
    with smtplib.SMTP("127.0.0.1", 10026, local_hostname="front.example", timeout=60) as smtp:
        smtp.sendmail(SENDER, [recipient], content)


def test_a_server_that_its_dns_vouches_for_is_reached_whatever_its_certificate(
    dane_house: House, street: Street
) -> None:
    street.forget()
    hand_over("bo@signeret.example")
    wait_until(lambda: bool(street.signed.received), 40, lambda: dane_house.secure.log[-3000:])
    [mail] = street.signed.received
    assert mail.tls is not None
    dane_house.secure.wait_for_log(
        r"Verified TLS connection established to mx\.signeret\.example\[127\.0\.0\.27"
    )
    assert SECRET.encode() not in street.signed.clear


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("falsk.example", "Server certificate not verified"),
        ("gammelserver.example", "non DNSSEC destination"),
    ],
)
def test_a_server_that_its_dns_does_not_vouch_for_gets_nothing(
    dane_house: House, street: Street, domain: str, why: str
) -> None:
    street.forget()
    hand_over(f"bo@{domain}")
    dane_house.secure.wait_for_log(rf"to=<bo@{domain}>.*status=deferred \({why}", 40)
    peer = street.peers[domain]
    assert not peer.received
    assert b"MAIL FROM" not in peer.clear.upper()
    assert SECRET.encode() not in peer.clear


def test_the_street_is_signed_as_segl_sees_it(dane_house: House, street: Street) -> None:
    """The same resolver gives our own judgement: DNS vouches for both, one of them shows something else."""

    async def known(domain: str) -> Known:
        return (await Dane(MailDns()).evidence(domain)).known

    found = {domain: asyncio.run(known(domain)) for domain in DOMAINS}
    assert found == dict(zip(DOMAINS, (Known.YES, Known.YES, Known.NO), strict=True))
