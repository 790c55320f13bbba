"""Recipients with certificates of their own, on a real Postfix: found in a real directory, judged by a real
authority's word, opened with openssl."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from world.authority import Authority, Issued, Publisher, oces2, oces3
from world.estate import build_house
from world.house import House
from world.ldap import BASE, LdapServer, person
from world.letters import BARE, CPR, SENDER, letter
from world.postfix import wait_until
from world.street import Street

pytestmark = pytest.mark.world

DOMAIN = BARE.partition("@")[2]  # its server knows no TLS: what is not encrypted here stays in the house
RSA, CURVE, OLD, REVOKED, NONE = (
    f"{name}@{DOMAIN}" for name in ("rsa", "kurve", "oces2", "tilbagekaldt", "uden")
)
EVERYONE = (RSA, CURVE, OLD, REVOKED, NONE)
TEXT = f"Hej\n\nLejeren har CPR-nummer {CPR} og er flyttet til Åvej 3.\n"


@dataclass
class Town:
    """A house, and the outside that its recipients' certificates come from."""

    house: House
    street: Street
    ldap: LdapServer
    web: Publisher
    authority: Authority
    holders: dict[str, Issued]

    def opened(self, recipient: str) -> bytes:
        """What *recipient* reads with his own key."""
        [mail] = self.street.mail_for(recipient)
        key = self.holders[recipient].write_key(self.house.directory / "holder.key")
        command = ["openssl", "cms", "-decrypt", "-inkey", str(key)]
        return subprocess.run(command, input=mail.content, capture_output=True, check=True).stdout

    def send(self, *recipients: str) -> None:
        self.street.forget()
        message = letter("", recipients, "Flytning", TEXT).content
        self.house.submit(message, SENDER, recipients)
        wait_until(
            lambda: all(self.street.mail_for(r) for r in recipients) and not self.house.queued,
            60,
            lambda: self.house.log[-6000:],
        )


@pytest.fixture(scope="module")
def town(street: Street) -> Iterator[Town]:
    # the folder goes last: a Postfix whose files are gone cannot be stopped
    with TemporaryDirectory(prefix="town-") as folder, ExitStack() as running:
        directory = Path(folder)
        web = running.enter_context(Publisher())
        lists = [web.url("/ca.crl")]
        root = Authority("Rod-CA")
        issuing = root.below(
            "Den Danske Stat OCES udstedende-CA 1", lists=[web.serve("/rod.crl", root.crl())]
        )
        kommune = oces3("12345678", "Klartekst Kommune")
        holders = {
            RSA: issuing.issue(RSA, lists=lists, subject=kommune),
            CURVE: issuing.issue(CURVE, kind="ec", lists=lists),
            OLD: issuing.issue(
                None, subject_address=OLD, for_=None, lists=lists, subject=oces2("87654321", "Klartekst Vand")
            ),
            REVOKED: issuing.issue(REVOKED, lists=lists),
        }
        web.serve("/ca.crl", issuing.crl([holders[REVOKED]]))
        entries = [
            person(address.partition("@")[0], address, one.certificate, issuing.certificate)
            for address, one in holders.items()
        ]
        ldap = running.enter_context(LdapServer(directory / "ldap", entries))
        (directory / "root.pem").write_bytes(root.pem)
        settings = f"""
[certificates]
sources = ["kept", "directory"]
trust = ["{directory}/root.pem"]
patience_seconds = 10

[[certificates.directory]]
url = "{ldap.url}"
base = "{BASE}"
seconds = 5
"""
        house = build_house(street, directory / "house", settings_text=settings)
        running.callback(house.stop)
        house.start()
        yield Town(house, street, ldap, web, issuing, holders)


def test_each_reads_with_his_own_key_and_the_revoked_one_gets_a_notice(town: Town) -> None:
    town.send(*EVERYONE)
    for recipient in (RSA, CURVE, OLD):
        assert CPR.encode() in town.opened(recipient), recipient
    for recipient in (REVOKED, NONE):
        [mail] = town.street.mail_for(recipient)
        assert b"https://sikker.nordby-vand.example/m/" in mail.content, recipient
        assert b"pkcs7" not in mail.content
    assert CPR.encode() not in town.street.seen_in_clear()
    assert "Åvej".encode() not in town.street.seen_in_clear()
    told = {event["recipient"]: event for event in town.house.map.events if event["event"] == "routed"}
    assert told[RSA]["way"] == "certificate"
    assert told[REVOKED]["way"] == "portal"
    assert "revoked on" in told[REVOKED]["reason"] or "TLS" in told[REVOKED]["reason"]


def test_the_sender_hears_whose_key_it_was(town: Town) -> None:
    town.send(RSA)
    fingerprint = town.holders[RSA].fingerprint

    def receipts() -> list[str]:
        """What the machine-readable part of each receipt says of how it went."""
        mails = (message_from_bytes(mail.content) for mail in town.street.mail_for(SENDER))
        parts = (part for mail in mails for part in mail.walk())
        forms = [part.get_payload(decode=True) for part in parts if part.get_content_subtype() == "json"]
        return [one["evidence"] or "" for form in forms for one in json.loads(bytes(form))["recipients"]]

    wait_until(
        lambda: any(f"encrypted to sha256={fingerprint[:16]}" in told for told in receipts()),
        30,
        lambda: repr(receipts()),
    )
    assert any(
        event["event"] == "encrypted" and event["certificates"] == [fingerprint]
        for event in town.house.deliver.events
    )


def test_a_directory_that_is_down_holds_nobody_up_for_long(town: Town) -> None:
    """First the recipient waits, then he takes the next way, which is as secure."""
    town.ldap.__exit__(None, None, None)
    stranger = f"ny@{DOMAIN}"
    town.send(stranger)
    [mail] = town.street.mail_for(stranger)
    assert b"https://sikker.nordby-vand.example/m/" in mail.content
    assert CPR.encode() not in town.street.seen_in_clear()
    waits = [
        event
        for event in town.house.map.events
        if event["event"] == "route_undecided" and event["recipient"] == stranger
    ]
    assert waits
