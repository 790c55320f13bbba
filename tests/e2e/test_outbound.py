"""What a tunnel partner gets from the whole chain: a signed list says who he is, our key signs, his opens, and the
site's DKIM signature is over what really left."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from world.dkim import OpenDkim
from world.estate import at_work, build_house
from world.house import DOMAIN, House
from world.letters import CPR, PARTNER, SENDER, letter
from world.listhouse import segl
from world.lists import Publisher
from world.oracle import openssl
from world.partners import Partner, certificate, pem, rsa_key
from world.peers import ReceivedMail
from world.postfix import wait_until
from world.receipts import ReadReceipt, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

LISTED = "ole@klartekst.example"  # his server has no TLS at all; he stands in the list
TEXT = f"Hej\n\nLejeren har CPR-nummer {CPR} og er flyttet til Åvej 3.\n"
MESSAGE = letter("", (PARTNER, LISTED), "Flytning", TEXT).content
PUBLISHER = Publisher()
TERMS = """
[[tunnel_list]]
name = "forening"
source = "{source}"
signers = ["{pin}"]
"""


@pytest.fixture(scope="module")
def dkim(street: Street) -> Iterator[OpenDkim]:
    with (
        tempfile.TemporaryDirectory(prefix="dkim-") as folder,
        OpenDkim(Path(folder), DOMAIN, 8891) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Partner:
    """A member of the association, and the list with him in it as its publisher makes it."""
    folder = tmp_path_factory.mktemp("members")
    return Partner.new(folder, LISTED.partition("@")[2], folder, rsa_key(2048, 5))


@pytest.fixture(scope="module")
def house(street: Street, dkim: OpenDkim, listed: Partner) -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        source = Path(folder) / "tunnel.p7m"
        terms = TERMS.format(source=source, pin=PUBLISHER.pin)
        house = build_house(
            street, Path(folder), settings_text=terms, return_milters=(dkim.endpoint,), model=False
        )
        _publish(Path(folder), listed, source)
        done = segl("update", "--settings", str(house.settings_file))
        assert done.exit_code == 0, done.output
        _lay_key(house.keys)
        with at_work(house):
            yield house


def _publish(folder: Path, member: Partner, out: Path) -> None:
    key, signer = folder / "publisher.key", folder / "publisher.pem"
    key.write_bytes(PUBLISHER.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    signer.write_bytes(pem(PUBLISHER.certificate))
    words = ("--key", str(key), "--certificate", str(signer), "--out", str(out), "--publisher", "Foreningen")
    done = segl("publish", str(member.file), *words)
    assert done.exit_code == 0, done.output


OURS = certificate(SENDER, rsa_key(2048, 6))


def _lay_key(keys: Path) -> None:
    file = keys / "ours.key.pem"
    file.write_bytes(rsa_key(2048, 6).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    file.chmod(0o600)
    (keys / "ours.json").write_text(f'{{"domains": ["{DOMAIN}"]}}')
    (keys / "ours.crt.pem").write_bytes(pem(OURS))


@pytest.fixture(scope="module")
def sent(house: House, street: Street) -> dict[str, ReceivedMail]:
    street.forget()
    house.submit(MESSAGE, SENDER, [PARTNER, LISTED])
    wait_until(
        lambda: all(street.mail_for(one) for one in (PARTNER, LISTED)) and not house.queued,
        60,
        lambda: house.log[-6000:],
    )
    found = {one: street.mail_for(one) for one in (PARTNER, LISTED)}
    assert [len(mails) for mails in found.values()] == [1, 1]
    return {one: mails[0] for one, mails in found.items()}


def test_a_domain_that_only_a_list_knows_gets_it_by_tunnel(
    sent: dict[str, ReceivedMail], listed: Partner, tmp_path: Path
) -> None:
    opened = listed.decrypt(sent[LISTED].content)
    ours = tmp_path / "ours.pem"
    ours.write_bytes(pem(OURS))
    verified = openssl("cms", "-verify", "-noverify", "-nointern", "-certfile", ours, given=opened)
    assert TEXT.encode().replace(b"\n", b"\r\n").strip() in verified
    assert b"Subject: Flytning\r\n" in verified


def test_the_ciphertext_bears_a_dkim_signature_that_holds(
    sent: dict[str, ReceivedMail], dkim: OpenDkim
) -> None:
    for mail in sent.values():
        assert dkim.verifies(mail.content)
        assert not dkim.verifies(mail.content.replace(b"Sikker besked", b"Anden besked"))


def test_outside_stands_nothing_of_it(sent: dict[str, ReceivedMail], street: Street) -> None:
    for mail in sent.values():
        for secret in (CPR.encode(), b"Flytning", b"x-segl", "Åvej".encode()):
            assert secret not in mail.content.lower()
    assert CPR.encode() not in street.seen_in_clear()


def test_what_comes_back_is_not_read_again(house: House, sent: dict[str, ReceivedMail]) -> None:
    """One verdict for one message, one tunnel hand-over a domain; TLS outside is as the front does it."""
    assert house.milter.log.count('"event": "classified"') == 1
    assert house.deliver.log.count('"event": "tunnelled"') == 2
    assert house.front.log.count("postfix/segl-return/smtpd") >= 2
    assert sent[PARTNER].tls is not None
    assert sent[LISTED].tls is None


def test_while_the_signer_is_down_the_message_waits(house: House, street: Street, dkim: OpenDkim) -> None:
    """Unsigned it might be taken for spam; in clear it goes in no case."""
    street.forget()
    dkim.__exit__(None, None, None)
    try:
        house.submit(MESSAGE, SENDER, [LISTED])
        wait_until(lambda: "451 4.7.1" in house.deliver.log, 60, lambda: house.log[-6000:])
        assert not street.mail_for(LISTED)
        # One that is tried again just then is seen in no queue.
        wait_until(lambda: house.queued > 0, 30, lambda: house.log[-6000:])
    finally:
        dkim.__enter__()
    wait_until(lambda: bool(street.mail_for(LISTED)), 60, lambda: house.log[-6000:])


def test_what_fails_behind_the_return_port_is_told_with_what_was_sent(house: House, street: Street) -> None:
    """A tunnel and a notice that the recipient's server refuses: the reports bear the id of the message and the
    recipient, so the receipt knows whose they are."""
    notified = "bo@gammelserver.example"
    everyone = (LISTED, notified)
    street.forget()
    for one in everyone:
        street.peer_of(one).rcpt_replies[one] = "550 5.1.1 no such user"

    def told() -> list[ReadReceipt]:
        failed = dict.fromkeys(everyone, "failed")
        return [one for one in receipts_for(street, SENDER) if one.states == failed]

    try:
        house.submit(secret_letter(*everyone), SENDER, everyone, options=["ENVID=sag-7"])
        wait_until(lambda: bool(told()), 60, lambda: house.log[-6000:])
    finally:
        for one in everyone:
            street.peer_of(one).rcpt_replies.clear()
    assert told()[0].ways == {LISTED: "tunnel", notified: "portal"}
    assert [told()[0].line(one)["detail"] for one in everyone] == ["no such user"] * 2
