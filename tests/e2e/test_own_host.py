"""What this host takes itself is not sent over the Internet to come back, though the settings do not name it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from segl_routing.fallback.failures import Failure, failure_of
from world.dns import MX, A, DnsServer, Zone
from world.house import HOSTNAME, House
from world.letters import CPR, SENDER, letter
from world.peers import ReceivedMail
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

ADDRESS = "127.0.0.91"  # where the front is found from outside
LISTS, PINNED = "lists.nordby-vand.example", "kunder.nordby-vand.example"
TEXT = f"Hej\n\nLejeren har CPR-nummer {CPR} og er flyttet.\n"
SETTINGS = f"""\
[[domain]]
name = "{PINNED}"
way = "tls"
"""


@pytest.fixture(scope="module")
def host(street: Street) -> Iterator[House]:
    """Its front has a good certificate, and takes two domains more than the settings know."""
    certificate = street.ca.issue([HOSTNAME])
    zone: Zone = {HOSTNAME: [A(ADDRESS)], **{domain: [MX(10, HOSTNAME)] for domain in (LISTS, PINNED)}}
    with ExitStack() as running:
        running.callback(street.dns.start)
        street.dns.stop()
        running.enter_context(DnsServer(street.directory / "own-host-dns", zone))
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="house-"))
        Path(folder).chmod(0o755)
        house = House(Path(folder), street.ca.file, SETTINGS, more_domains=(LISTS, PINNED))
        house.front.master_cf += (
            f"{ADDRESS}:25 inet n - n - - smtpd\n"
            "  -o smtpd_tls_security_level=may\n"
            f"  -o smtpd_tls_cert_file={certificate.cert}\n"
            f"  -o smtpd_tls_key_file={certificate.key}\n"
        )
        house.front.write()  # segl-map reads it when it starts, which all do at once
        house.start()
        running.callback(house.stop)
        yield house


def submit(house: House, street: Street, recipient: str) -> None:
    street.forget()
    house.submit(letter("", (recipient,), "Sag", TEXT).content, SENDER, (recipient,))


def taken(street: Street, recipient: str) -> list[ReceivedMail]:
    """What the house's own mail store got."""
    return [mail for mail in street.store.received if recipient in mail.recipients]


def test_segl_map_sees_that_the_mail_host_is_this_host(host: House, street: Street) -> None:
    everybody = f"alle@{LISTS}"
    submit(host, street, everybody)
    wait_until(lambda: bool(taken(street, everybody)), 40, lambda: host.log[-6000:])
    [notice] = taken(street, everybody)
    assert b"https://sikker.nordby-vand.example/m/" in notice.content
    assert CPR.encode() not in notice.content
    [routed] = [e for e in host.map.events if e["event"] == "routed" and e["recipient"] == everybody]
    assert routed["way"] == "portal"
    assert "is this host itself" in str(routed)
    assert "loops back" not in host.secure.log


def test_where_it_is_told_to_send_postfix_sees_it(host: House, street: Street) -> None:
    """A pin is not looked into. The copy waits, and segl-map counts that as nobody answering there."""
    recipient = f"post@{PINNED}"
    submit(host, street, recipient)
    fate = host.secure.wait_for_log(rf"to=<{recipient}>, relay={HOSTNAME}.*")[0]
    assert "dsn=4.4.6, status=deferred" in fate
    reasons: list[str] = []

    def waits() -> bool:  # while it is tried again there is no reason
        copies = [copy for message in host.secure.queue() for copy in message["recipients"]]
        reasons[:] = [copy.get("delay_reason", "") for copy in copies if copy["address"] == recipient]
        return any(reasons)

    wait_until(waits, 30, lambda: host.log[-6000:])
    assert failure_of(reasons[0]) is Failure.CONNECTION
    assert taken(street, recipient) == []
    sent = [
        line for line in host.secure.log.splitlines() if "postfix/segl-tls/" in line and "status=sent" in line
    ]
    assert sent == []
