"""Another encryption service in the portal's place: it gets what would be sealed, over TLS to the right server or not
at all, with the field that tells it to encrypt."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from world.estate import standing_house
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER, letter
from world.peers import SmtpPeer
from world.ports import is_taken
from world.postfix import BASE_SERVICES, PostfixInstance, base_main_cf, wait_for_port, wait_until
from world.receipts import receipts_for
from world.street import Street

pytestmark = pytest.mark.world

SERVICE, NAME = "127.0.0.31", "nordby.mail.tjeneste.example"
ENCRYPTED = "127.0.0.32"  # where that service would put what it has encrypted
SETTINGS = f"""\
[portal.relay]
next_hop = "[{SERVICE}]:25"
match = [".mail.tjeneste.example"]
header = "Krypter-Denne: ja"
"""
TEXT = f"Hej\n\nLejeren har CPR-nummer {CPR} og er flyttet.\n"


@pytest.fixture(scope="module")
def house(street: Street) -> Iterator[House]:
    with standing_house(street, settings_text=SETTINGS) as house:
        yield house


@pytest.fixture(scope="module")
def service(street: Street) -> Iterator[SmtpPeer]:
    with SmtpPeer(SERVICE, tls=street.ca.issue([NAME]).server_context()) as peer:
        yield peer


def test_what_would_be_sealed_goes_there_and_all_else_as_ever(
    house: House, street: Street, service: SmtpPeer
) -> None:
    street.forget()
    everybody = (BARE, GOOD, COLLEAGUE)
    house.submit(letter("", everybody, "Flytning", TEXT).content, SENDER, everybody)
    [mail] = service.wait_for(1, 60)
    wait_until(lambda: not house.queued and bool(street.mail_for(GOOD)), 60, lambda: house.log[-6000:])
    assert mail.tls is not None
    assert (mail.sender, mail.recipients) == (SENDER, (BARE,))
    head = mail.content.partition(b"\r\n\r\n")[0]
    assert head.count(b"Krypter-Denne: ja\r\n") == 1
    assert b"x-segl-" not in head.lower()
    assert CPR.encode() in mail.content, "the message itself: the service encrypts it"
    assert street.mail_for(BARE) == []
    [direct] = street.mail_for(GOOD)
    assert b"Krypter-Denne" not in direct.content
    assert not list((house.state / "sealed").glob("*/*")), "nothing is sealed here"
    assert '"way": "portal"' in house.map.log
    wait_until(lambda: bool(receipts_for(street, SENDER)), 90, lambda: house.log[-6000:])
    [receipt] = receipts_for(street, SENDER)
    assert (receipt.ways[BARE], receipt.states[BARE]) == ("portal", "sent")
    assert "Overgivet til krypteringstjenesten" in receipt.part("text/plain")


def test_a_postfix_with_a_rule_knows_it_by_the_field(house: House, street: Street, service: SmtpPeer) -> None:
    """The other end as its administrator sets it up: what bears the field is encrypted, all else goes nowhere."""
    service.stop()
    with tempfile.TemporaryDirectory(prefix="service-") as folder, SmtpPeer(ENCRYPTED) as encrypted:
        Path(folder).chmod(0o755)
        certificate = street.ca.issue([NAME])
        main_cf = (
            base_main_cf(Path(folder), NAME)
            + f"""
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate.cert}
smtpd_tls_key_file = {certificate.key}
header_checks = regexp:{{{{/^Krypter-Denne: ja$$/ FILTER smtp:[{ENCRYPTED}]:25}}}}
default_transport = discard:it does not say that it is to be encrypted
"""
        )
        master_cf = f"{SERVICE}:25 inet n - n - - smtpd\n" + BASE_SERVICES
        other = PostfixInstance(Path(folder), main_cf, master_cf)
        other.start()
        try:
            wait_for_port(SERVICE, 25)
            house.submit(letter("", (BARE,), "Flytning", TEXT).content, SENDER, [BARE])
            [mail] = encrypted.wait_for(1, 60)
            assert CPR.encode() in mail.content
            assert b"with ESMTPS" in mail.content, "it came to that Postfix over TLS"
            wait_until(lambda: not house.queued, 60, lambda: house.log[-6000:])
        finally:
            other.stop()
    wait_until(lambda: not is_taken(SERVICE, 25), 30, lambda: f"somebody listens on {SERVICE}")
    service.start()


def test_a_message_that_has_the_field_already_has_it_still(
    house: House, street: Street, service: SmtpPeer
) -> None:
    service.forget()
    forged = (("Krypter-Denne", "nej"), ("Received", "by segl-secure.mail.nordby-vand.example (x)"))
    house.submit(letter("", (BARE,), "Flytning", TEXT, headers=forged).content, SENDER, [BARE])
    [mail] = service.wait_for(1, 60)
    assert b"Krypter-Denne: ja\r\n" in mail.content


@pytest.mark.parametrize("wrong", ["name", "issuer", "expired", "none"])
def test_to_the_wrong_server_nothing_goes(
    house: House, street: Street, service: SmtpPeer, wrong: str
) -> None:
    """It waits, and goes when the right one is there again."""
    made: dict[str, Callable[[], ssl.SSLContext | None]] = {
        "name": lambda: street.ca.issue(["mail.tjeneste.example.evil.example"]).server_context(),
        "issuer": lambda: street.ca.issue([NAME], self_signed=True).server_context(),
        "expired": lambda: street.ca.issue([NAME], expired=True).server_context(),
        "none": lambda: None,
    }
    right = service.tls
    service.forget()
    street.forget()
    service.tls = made[wrong]()
    before = house.secure.log.count("status=deferred")
    try:
        house.submit(letter("", (BARE,), f"Flytning {wrong}", TEXT).content, SENDER, [BARE])
        wait_until(lambda: house.secure.log.count("status=deferred") > before, 60, lambda: house.log[-6000:])
        assert service.received == []
        assert CPR.encode() not in bytes(service.clear)
        assert b"Flytning" not in bytes(service.clear)
        assert street.mail_for(BARE) == []
        # One that is tried again just then is seen in no queue.
        wait_until(lambda: house.queued > 0, 30, lambda: house.log[-6000:])
    finally:
        service.tls = right
    [mail] = service.wait_for(1, 60)
    assert mail.tls is not None
    wait_until(lambda: not house.queued, 60, lambda: house.log[-6000:])
