"""One message, four recipients, four ways: the main job on a real Postfix."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from sqlalchemy import select

from segl.sealed.phrase import is_phrase
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_recipient
from world import template
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER, letter
from world.postfix import wait_until
from world.receipts import other_reports, receipts_for
from world.street import Street
from world.trail import follow

pytestmark = pytest.mark.world
MODEL = True

EVERYONE = (PARTNER, GOOD, SELF_SIGNED, BARE, COLLEAGUE)
TEXT = f"Hej\n\nLejeren har CPR-nummer {CPR} og er flyttet til Åvej 3.\n"
MESSAGE = letter("", EVERYONE, "[kodeord: den gule stol] Flytning", TEXT).content


@pytest.fixture(scope="module")
def sent(steady_house: House, street: Street) -> House:
    """The message, handed in and served to every recipient."""
    house = steady_house
    street.forget()
    house.submit(MESSAGE, SENDER, EVERYONE)
    wait_until(
        lambda: all(street.mail_for(r) for r in EVERYONE) and not house.queued, 60, lambda: house.log[-6000:]
    )
    return house


def test_the_tunnel_partner_opens_it_with_the_domain_key(sent: House, street: Street) -> None:
    [mail] = street.mail_for(PARTNER)
    command = ["openssl", "cms", "-decrypt", "-inkey", str(street.partner.certificate.key)]
    opened = subprocess.run(command, input=mail.content, capture_output=True, check=True).stdout
    assert CPR.encode() in opened
    assert "Åvej 3".encode() in opened
    assert CPR.encode() not in mail.content


def test_the_good_server_gets_it_itself_inside_verified_tls(sent: House, street: Street) -> None:
    [mail] = street.mail_for(GOOD)
    assert mail.tls is not None
    assert mail.tls.version in ("TLSv1.2", "TLSv1.3")
    assert TEXT.encode().replace(b"\n", b"\r\n").strip() in mail.content
    assert "Verified TLS connection established to mx.boligforening.example" in sent.secure.log


@pytest.mark.parametrize("recipient", [SELF_SIGNED, BARE])
def test_a_server_without_proof_gets_only_a_notice(sent: House, street: Street, recipient: str) -> None:
    [mail] = street.mail_for(recipient)
    assert CPR.encode() not in mail.content
    assert b"Flytning" not in mail.content
    assert b"https://sikker.nordby-vand.example/m/" in mail.content


def test_the_colleague_gets_it_in_the_house(sent: House, street: Street) -> None:
    mails = [mail for mail in street.mail_for(COLLEAGUE) if mail.sender == SENDER]
    assert len(mails) == 1
    assert CPR.encode() in mails[0].content


def test_words_for_the_portal_reach_nobody_and_guard_what_is_sealed(sent: House, street: Street) -> None:
    for recipient in EVERYONE:
        for mail in street.mail_for(recipient):
            assert b"gule stol" not in mail.content, recipient
    [mail] = street.mail_for(GOOD)
    assert b"\r\nSubject: Flytning\r\n" in mail.content
    engine = open_store(sent.settings.store.url)
    kept = sealed_recipient.c.phrase_hash
    with transaction(engine) as connection:
        hashes = connection.scalars(select(kept).where(kept.is_not(None))).all()
    assert [is_phrase(each, "Den gule stol") and not is_phrase(each, "") for each in hashes] == [True] * 2
    engine.dispose()


def test_none_of_our_header_fields_leaves_the_house(sent: House, street: Street) -> None:
    for recipient in EVERYONE:
        for mail in street.mail_for(recipient):
            assert b"x-segl" not in mail.content.lower(), recipient


def test_nothing_of_the_body_crossed_the_wire_in_clear(sent: House, street: Street) -> None:
    assert CPR.encode() not in street.seen_in_clear()
    assert "Åvej".encode() not in street.seen_in_clear()


def test_no_log_holds_a_whole_number(sent: House) -> None:
    for form in (CPR, CPR.replace("-", "")):
        assert form not in sent.log


def test_the_sender_gets_a_receipt_and_no_report_of_postfix(sent: House, street: Street) -> None:
    wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: sent.log[-6000:])
    [receipt] = receipts_for(street, SENDER)
    assert receipt.ways[PARTNER] == "tunnel"
    assert receipt.states[BARE] == "sealed"
    assert other_reports(street, SENDER) == []
    assert all(CPR.encode() not in mail.content for mail in street.mail_for(SENDER))


def test_the_trail_tells_the_same_as_the_peers(sent: House) -> None:
    queue_id = sent.front.wait_for_log(r"postfix/cleanup\[\d+\]: (\w+): message-id=<")[1]
    found = follow(sent.log, queue_id)
    services = {recipient: found[recipient].service for recipient in EVERYONE}
    assert services[PARTNER] == "segl-tunnel"
    assert services[GOOD] == "segl-tls"
    assert services[SELF_SIGNED] == services[BARE] == "segl-portal"
    assert found[GOOD].tls.startswith("Verified TLSv1.")


def test_the_domains_are_listed_by_their_ways(sent: House) -> None:
    """segl-map and segl-deliver have each written their part, and no address."""

    def listed() -> dict[str, dict[str, Any]]:
        done = template.run("segl", "domains", "--json", "--settings", str(sent.settings_file))
        assert done.returncode == 0, done.stderr
        assert "@" not in done.stdout
        return {one["domain"]: one for one in map(json.loads, done.stdout.splitlines())}

    ways = {PARTNER: "tunnel", SELF_SIGNED: "portal", BARE: "portal"}
    domain = {address: address.partition("@")[2] for address in EVERYONE}
    found: dict[str, dict[str, Any]] = {}

    def written() -> bool:
        found.update(listed())
        told = [found.get(domain[address], {}) for address in (*ways, GOOD)]
        return all(one.get("recipients") for one in told) and all(one["last_success"] for one in told[:-1])

    wait_until(written, 60, lambda: f"{found}\n{sent.log[-4000:]}")
    for address, way in {**ways, GOOD: "tls"}.items():
        assert found[domain[address]]["way"] == way
        assert found[domain[address]]["recipients"] == {way: 1}
    assert found[domain[GOOD]]["proof"] == "pkix"
    assert domain[COLLEAGUE] not in found
    assert [one["repair"] for one in found[domain[BARE]]["repairs"]] == ["no-starttls"]
    assert [one["repair"] for one in found[domain[SELF_SIGNED]]["repairs"]] == ["self-signed"]
