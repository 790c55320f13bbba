"""Encrypted and signed mail on its way in, on a real Postfix: what openssl makes is opened before it reaches the mail
store, and nobody outside learns what was in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from segl.certificates.records import CertificateRecords
from segl.mail.return_port import ReturnPort
from segl.store.engine import open_store
from segl_delivery.cms.choice import MODERN
from segl_delivery.cms.enveloped import EnvelopedData
from segl_delivery.cms.info import read_info
from segl_delivery.smime.message import enveloped, signed_entity, split_for_envelope
from segl_delivery.smime.unwrapping import cms_object
from world.authority import Authority, Publisher
from world.estate import build_house
from world.inbound_office import AUTHOR, Office, put
from world.letters import BARE, COLLEAGUE, CPR
from world.oracle import Identity, openssl, openssl_decrypt
from world.partners import ec_key, rsa_key, usage
from world.postfix import wait_until
from world.process import Daemon
from world.scanner import EICAR, Scanner
from world.street import Street

pytestmark = pytest.mark.world
OTHER = "bogholder@nordby-vand.example"
SECRET = f"Lejeren har CPR-nummer {CPR}."
ENTITY = (
    f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{SECRET}\r\n".encode()
)


def text_of(mail: Message) -> str:
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def body_of(message: bytes) -> bytes:
    return message.replace(b"\r\n", b"\n").partition(b"\n\n")[2].rstrip()


@pytest.fixture(scope="module")
def office(street: Street) -> Iterator[Office]:
    with TemporaryDirectory(prefix="inb-") as folder, ExitStack() as running:
        directory = Path(folder)
        root = Authority("Rod-CA")
        web = running.enter_context(Publisher())
        lists, signs = [web.url("/rod.crl")], usage(sign=True, encrypt=True)
        anna = root.issue(AUTHOR, key_usage=signs, lists=lists)
        revoked = root.issue(AUTHOR, key_usage=signs, lists=lists)
        web.serve("/rod.crl", root.crl([revoked]))
        (directory / "revoked.pem").write_bytes(revoked.pem)
        revoked.write_key(directory / "revoked.key")
        nowhere = root.issue(AUTHOR, key_usage=signs, lists=["http://127.0.0.1:9/none.crl"])
        (directory / "nowhere.pem").write_bytes(nowhere.pem)
        nowhere.write_key(directory / "nowhere.key")
        (directory / "root.pem").write_bytes(root.pem)
        (directory / "anna.pem").write_bytes(anna.pem)
        anna.write_key(directory / "anna.key")
        settings = f"""
[inbound]
on = true
tag_secure = "[sikker]"
tag_bad_signature = "[underskrift ugyldig]"
tag_not_opened = "[ulæselig]"

[certificates]
sources = ["kept"]
trust = ["{directory}/root.pem"]
"""
        house = build_house(street, directory / "house", settings_text=settings)
        people = {
            name: Identity.new(directory, name, key)
            for name, key in (
                ("rsa", rsa_key(2048, 0)),
                ("curve", ec_key()),
                ("retired", rsa_key(2048, 1)),
                ("stranger", rsa_key(2048, 2)),
            )
        }
        for name in ("rsa", "curve", "retired"):
            put(house, name, people[name], "retired" if name == "retired" else "active")
        running.callback(house.stop)
        house.start()
        yield Office(
            house,
            street,
            directory,
            rsa=people["rsa"],
            curve=people["curve"],
            retired=people["retired"],
            stranger=people["stranger"],
            anna=anna,
        )


@pytest.mark.parametrize(
    ("options", "to", "cipher"),
    [
        (("-aes256",), "rsa", "aes-256-cbc"),
        (("-aes256", "-stream"), "curve", "aes-256-cbc"),
        (("-aes-256-gcm",), "rsa", "aes-256-gcm"),
        (("-des3",), "retired", "des-ede3-cbc"),
    ],
    ids=["rsa", "curve", "gcm", "retired"],
)
def test_what_is_encrypted_to_the_house_is_read_by_the_colleague(
    office: Office, options: tuple[str, ...], to: str, cipher: str
) -> None:
    [mail] = office.send(office.encrypted(ENTITY, *options, to=getattr(office, to)))
    assert SECRET in text_of(mail)
    assert mail["Subject"] == "[sikker] Sikker besked"
    authenticated = "yes" if "gcm" in cipher else "no"
    assert mail["Segl-Opened"] == f"yes; cipher={cipher}; authenticated={authenticated}"
    assert mail["Authentication-Results"] == "mail.nordby-vand.example;\r\n smime=none"
    assert not [name for name in mail if name.lower().startswith("x-segl-")]


def test_signed_inside_and_with_its_subject_protected_it_comes_out_whole(office: Office) -> None:
    """As another Segl would send it: the true subject inside (RFC 9788), the signature beside the text."""
    signed = office.signed(ENTITY)
    outside, entity = split_for_envelope(
        office.header("=?utf-8?q?Opsigelse_af_lejem=C3=A5let?=") + signed, "Sikker besked"
    )
    envelope = EnvelopedData(entity.size, [office.rsa.certificate], MODERN)
    message = b"".join(enveloped(outside, entity, envelope).pieces)
    assert b"Opsigelse" not in message
    [mail] = office.send(message)
    assert str(make_header(decode_header(mail["Subject"]))) == "[sikker] Opsigelse af lejemålet"
    assert mail.get_content_type() == "multipart/signed"
    assert SECRET.encode() in mail.as_bytes()
    assert f"smime=pass\r\n body.smime-identifier={AUTHOR}" in mail["Authentication-Results"]
    assert office.told()["signature"] == "pass"


def test_a_signed_message_is_judged_and_left_as_it_was(office: Office) -> None:
    message = office.header("Referat") + office.signed(ENTITY)
    [mail] = office.send(message)
    assert "smime=pass" in mail["Authentication-Results"]
    assert mail["Segl-Opened"] is None
    assert body_of(mail.as_bytes()) == body_of(message)


def test_an_opaque_signed_message_is_left_as_it_came_or_unpacked(office: Office) -> None:
    message = office.header("Referat") + office.signed(ENTITY, "-nodetach")
    [mail] = office.send(message)
    assert "smime=pass" in mail["Authentication-Results"]
    assert body_of(mail.as_bytes()) == body_of(message)
    with office.other_settings("tag_secure", "unwrap_signed = true\ntag_secure"):
        [mail] = office.send(message)
        assert "smime=pass" in mail["Authentication-Results"]
        assert mail.get_content_type() == "text/plain"
        assert SECRET in text_of(mail)
        [mail] = office.send(office.header("Referat") + office.signed(ENTITY, "-nodetach", by="revoked"))
        assert "smime=fail" in mail["Authentication-Results"]
        assert mail.get_content_type() == "application/pkcs7-mime"


def test_opened_mail_passes_a_scanner_when_one_is_named(office: Office) -> None:
    """It sees the opened form and hands it on; what it refuses in that form is delivered as it came."""
    virus = office.encrypted(ENTITY + EICAR + b"\r\n", "-aes256")
    scanner = Scanner("127.0.0.1", 10039, ReturnPort("127.0.0.1", 10027))
    with scanner, office.other_settings("tag_secure", 'hand_to = "127.0.0.1:10039"\ntag_secure'):
        [mail] = office.send(office.encrypted(ENTITY, "-aes256"))
        assert SECRET in text_of(mail)
        [seen] = scanner.received
        assert SECRET.encode() in seen.content
        assert (seen.sender, seen.recipients) == ("postmaster@nordby-vand.example", (COLLEAGUE,))
        [mail] = office.send(virus)
        assert mail["Segl-Opened"] == "no"
        assert body_of(mail.as_bytes()) == body_of(virus)
        assert office.street.mail_for(AUTHOR) == []


def test_a_verified_signer_s_certificate_is_kept_to_encrypt_to(office: Office) -> None:
    office.send(office.header("Referat") + office.signed(ENTITY))
    kept = CertificateRecords(open_store(office.house.settings.store.url)).kept(AUTHOR)
    assert [row.fingerprint for row in kept] == [office.anna.fingerprint]
    for by in ("revoked", "nowhere"):
        office.send(office.header("Referat") + office.signed(ENTITY, by=by))
    assert CertificateRecords(open_store(office.house.settings.store.url)).kept(AUTHOR) == kept


def test_a_signed_message_that_was_altered_is_told(office: Office) -> None:
    [mail] = office.send(office.header("Referat") + office.signed(ENTITY).replace(b"Lejeren", b"Ejeren "))
    assert 'smime=fail reason="the signature does not hold"' in mail["Authentication-Results"]
    assert mail["Subject"] == "[underskrift ugyldig] Referat"


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("revoked", 'smime=fail reason="the certificate was revoked"'),
        ("nowhere", 'smime=neutral reason="whether the certificate was revoked is not known now"'),
    ],
)
def test_the_authority_is_asked_whether_the_certificate_still_holds(
    office: Office, by: str, said: str
) -> None:
    """By segl-map; segl-deliver has no way to the network."""
    [mail] = office.send(office.header("Referat") + office.signed(ENTITY, by=by))
    assert said in mail["Authentication-Results"]


def test_what_cannot_be_opened_is_delivered_as_it_came_and_nobody_outside_is_told(office: Office) -> None:
    message = office.encrypted(ENTITY, "-aes256", to=office.stranger)
    [mail] = office.send(message)
    assert mail["Segl-Opened"] == "no"
    assert body_of(mail.as_bytes()) == body_of(message)
    assert office.street.mail_for(AUTHOR) == []


@pytest.mark.parametrize("to", ["rsa", "stranger"], ids=["opened", "not-opened"])
def test_a_mailbox_that_refuses_tells_the_postmaster_and_not_the_sender(office: Office, to: str) -> None:
    """A report quotes the header, which is the one from inside by then."""
    postmaster = "postmaster@nordby-vand.example"
    store = office.street.peer_of(COLLEAGUE)
    outside, entity = split_for_envelope(office.header("Skilsmisse") + ENTITY, "Sikker besked")
    envelope = EnvelopedData(entity.size, [getattr(office, to).certificate])
    office.street.forget()
    store.rcpt_replies[COLLEAGUE] = "550 5.1.1 no such user"
    try:
        office.house.submit(b"".join(enveloped(outside, entity, envelope).pieces), AUTHOR, [COLLEAGUE])
        wait_until(
            lambda: bool(office.street.mail_for(postmaster)) and not office.house.queued,
            60,
            lambda: office.house.log[-6000:],
        )
    finally:
        store.rcpt_replies.clear()
    assert office.street.mail_for(AUTHOR) == []
    assert b"Skilsmisse" not in office.street.seen_in_clear()
    [report] = office.street.mail_for(postmaster)
    assert b"no such user" in report.content


def test_outside_recipients_of_the_same_message_get_it_as_it_came(office: Office) -> None:
    """It is mail that cannot be read, so they get it securely: here as a sealed message."""
    message = office.encrypted(ENTITY, "-aes256")
    own, other, outside = office.send(message, COLLEAGUE, OTHER, BARE, sender="mette@nordby-vand.example")
    assert SECRET in text_of(own)
    assert SECRET in text_of(other)
    assert "https://sikker.nordby-vand.example/m/" in outside.as_string()
    assert CPR.encode() not in office.street.seen_in_clear()


def test_twice_the_same_is_twice_the_same(office: Office) -> None:
    message = office.encrypted(ENTITY, "-aes256")
    first, again = (office.send(message)[0].get_payload() for _ in range(2))
    assert first == again


def test_forged_results_and_marks_are_taken_off_whatever_the_mail_is(office: Office) -> None:
    forged = (
        "Authentication-Results: mail.nordby-vand.example; smime=pass body.smime-identifier=kgl@hoffet.example",
        "Authentication-Results: mail.nordby-vand.example; dkim=pass header.d=x.example",
        "Segl-Opened: yes; cipher=aes-256-gcm; authenticated=yes",
        "X-Segl-Open: yes",
    )
    plain = office.header("=?utf-8?q?=5Bsikker=5D_K=C3=A6re?= Mette", *forged) + ENTITY.replace(
        CPR.encode(), b"ingen"
    )
    [mail] = office.send(plain)
    assert str(make_header(decode_header(mail["Subject"]))) == "Kære Mette"
    # The site's own DKIM filter writes under this name, before us.
    assert mail.get_all("Authentication-Results") == [
        "mail.nordby-vand.example; dkim=pass header.d=x.example"
    ]
    assert mail["Segl-Opened"] is None
    [mail] = office.send(
        office.header("[Sikker] Hej", *forged)
        + office.encrypted(ENTITY).partition(b"MIME-Version: 1.0\r\n")[2]
    )
    results = mail.get_all("Authentication-Results") or []
    assert [value for value in results if "smime" in value] == ["mail.nordby-vand.example;\r\n smime=none"]
    assert mail.get_all("Segl-Opened") == ["yes; cipher=aes-256-cbc; authenticated=no"]
    assert mail["Subject"] == "[sikker] Hej"


def test_an_envelope_in_an_envelope_is_opened_and_too_many_are_not(office: Office) -> None:
    inner = openssl("cms", "-encrypt", "-binary", "-aes256", office.rsa.cert_file, given=ENTITY)
    [mail] = office.send(office.encrypted(inner, "-aes256"))
    assert SECRET in text_of(mail)
    for _ in range(10):
        inner = openssl("cms", "-encrypt", "-binary", "-aes256", office.rsa.cert_file, given=inner)
    [mail] = office.send(office.encrypted(inner, "-aes256"))
    assert mail["Segl-Opened"] == "no"


def test_a_bomb_of_ten_megabytes_and_a_nesting_without_end_are_delivered_as_they_came(office: Office) -> None:
    rubbish = b"MII" + b"A" * 76 + b"\r\n" + (b"MIAwgDCA" * 9 + b"\r\n") * 140_000
    kind = (
        b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    [mail] = office.send(office.header() + kind + rubbish)
    assert mail["Segl-Opened"] == "no"
    [mail] = office.send(office.encrypted(ENTITY, "-aes256"))  # and the next one is served as ever
    assert mail["Segl-Opened"].startswith("yes")


def test_killed_in_the_middle_loses_nothing(office: Office) -> None:
    house = office.house
    office.street.forget()
    messages = [office.encrypted(ENTITY, "-aes256", subject=f"nr {number}") for number in range(6)]
    for number, message in enumerate(messages):
        house.submit(message, AUTHOR, [COLLEAGUE])
        if number == 2:
            house.deliver.kill()
    house.deliver = Daemon("segl-deliver", "--settings", str(house.settings_file), directory=house.directory)
    house.deliver.start()

    def subjects() -> set[str]:
        return {str(message_from_bytes(m.content)["Subject"]) for m in office.street.mail_for(COLLEAGUE)}

    wait_until(lambda: len(subjects()) == 6 and not house.queued, 90, lambda: house.log[-8000:])
    assert all(SECRET.encode() in mail.content for mail in office.street.mail_for(COLLEAGUE)), (
        "each of them was opened"
    )


def test_turned_off_what_waits_to_be_opened_goes_on_as_it_came(office: Office) -> None:
    """The keys could not be read, say. Postfix wrote the socket into the queue file, whatever the settings say now."""
    office.street.forget()
    office.house.deliver.stop()
    message = office.encrypted(ENTITY, "-aes256")
    office.house.submit(message, AUTHOR, [COLLEAGUE])
    wait_until(
        lambda: "segl-open" in office.house.log and bool(office.house.queued),
        30,
        lambda: office.house.log[-4000:],
    )
    with office.other_settings("[inbound]\non = true", "[inbound]\non = false"):
        office.house.front.flush()
        wait_until(lambda: bool(office.street.mail_for(COLLEAGUE)), 60, lambda: office.house.log[-8000:])
        [mail] = office.street.mail_for(COLLEAGUE)
        assert body_of(mail.content) == body_of(message)
        assert b"x-segl" not in mail.content.lower()
        # Postfix takes a message out of the queue a moment after the store has said 250.
        wait_until(lambda: not office.house.queued, 30, lambda: office.house.log[-4000:])


def test_what_a_partner_says_he_reads_is_what_he_is_sent(office: Office) -> None:
    """His gateway, another Segl, signs a message; the next one to him is made as he likes it best."""
    gateway = Identity.new(office.directory, "gateway", rsa_key(2048, 3))
    tunnel = office.house.tunnel / f"{AUTHOR.partition('@')[2]}.pem"
    tunnel.write_bytes(gateway.cert_file.read_bytes())
    letter = (
        office.header("Svar", to=AUTHOR).replace(AUTHOR.encode(), b"mette@nordby-vand.example", 1) + ENTITY
    )

    def cipher() -> str:
        [mail] = office.send(letter, AUTHOR, sender="mette@nordby-vand.example")
        sent = cms_object(mail.as_bytes())
        assert SECRET.encode() in openssl_decrypt(sent, gateway)
        return read_info(sent).cipher.label  # type: ignore[union-attr]

    try:
        assert cipher() == "aes-256-cbc"
        _, entity = split_for_envelope(office.header("Referat") + ENTITY, "x")
        signed = bytes(signed_entity(entity, gateway.signer)).replace(b"MIME-Version: 1.0\r\n", b"", 1)
        [mail] = office.send(office.header("Referat") + signed)
        assert "smime=pass\r\n body.smime-identifier=@klartekst.example" in mail["Authentication-Results"]
        assert cipher() == "aes-256-gcm"
    finally:
        tunnel.unlink()


def test_nothing_of_it_was_seen_outside(office: Office) -> None:
    office.send(office.encrypted(ENTITY, "-aes256"))
    assert CPR.encode() not in office.street.seen_in_clear()
    assert CPR not in office.house.log
