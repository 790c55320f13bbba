"""What a partner is sent: signed and encrypted, in the form and with the algorithms that suit him. Other programs
open it and find the signature good."""

from __future__ import annotations

import email
import tempfile
from collections.abc import Callable
from dataclasses import replace
from email import policy
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from segl.addresses import domain_of
from segl.errors import DeliveryError
from segl.events import Events
from segl.mail.fields import canonical, split_header
from segl.mail.return_port import ReturnPort
from segl.settings.encryption import Algorithms
from segl.settings.file import parse_settings
from segl.vocabulary import Envelope, Way
from segl_delivery.agent import Delivery
from segl_delivery.cms.capabilities import EXTENSION, capabilities
from segl_delivery.cms.choice import COMMON, MODERN, OAEP
from segl_delivery.cms.signed import Signer
from segl_delivery.smime.certificates import TunnelCertificate
from segl_delivery.smime.encrypting import Encrypted, Encryption
from segl_delivery.smime.outbound import NoSigner, Outbound
from world.mailprograms import Gpgsm, Nss
from world.oracle import Identity, Key, openssl
from world.partners import Partner, certificate, ec_key, rsa_key

SENDER = "anna@nordby.example"
BO = "bo@kommune.example"
HEADER = (
    b"From: Anna <anna@nordby.example>\r\n"
    b"To: bo@kommune.example\r\n"
    b"Bcc: hemmelig@kommune.example\r\n"
    b"Subject: 010190-1234 er syg\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
    b"Message-ID: <1@nordby.example>\r\n"
    b"X-Segl-Id: 17\r\n"
)
TEXT = (
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n"
    b"\r\n"
    b"K\xc3\xa6re Bo\r\n" + b"x" * 1200 + b"\r\n"
)
MESSAGE = HEADER + TEXT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outbound")


@pytest.fixture(scope="module")
def kommune(folder: Path) -> Partner:
    return Partner.new(folder, "kommune.example", folder)


@pytest.fixture(scope="module")
def house(folder: Path) -> Identity:
    return Identity.new(folder, "nordby.example", rsa_key(2048, 1), authority=True)


def made(
    message: bytes,
    *certificates: x509.Certificate,
    signer: Callable[[str], Signer | None] = lambda _: None,
    sender: str = SENDER,
    recipient: str = BO,
    **tables: Any,
) -> Encrypted:
    settings = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}, **tables})
    encryption = Encryption(
        Way.TUNNEL, ReturnPort("127.0.0.1", 1), Events("test"), Outbound(settings, signer)
    )
    keys = [TunnelCertificate.of(one) for one in certificates]
    return encryption.encrypted(Delivery(Envelope(sender, (recipient,)), message), domain_of(recipient), keys)


def sealed(message: bytes, partner: Partner, **rest: Any) -> bytes:
    return b"".join(made(message, partner.certificate, **rest).message.pieces)


def of_nordby(identity: Identity) -> Callable[[str], Signer | None]:
    return lambda domain: identity.signer if domain == "nordby.example" else None


def verified(entity: bytes, identity: Identity) -> bytes:
    """What openssl finds well signed by *identity*, as a MIME entity."""
    return openssl(
        *("cms", "-verify", "-noverify", "-nointern", "-certfile", identity.cert_file),
        given=entity,
    )


SIGNING_KEYS = {"rsa": rsa_key(2048, 1), "p256": ec_key(), "p384": ec_key(ec.SECP384R1)}


@pytest.mark.parametrize("key", SIGNING_KEYS.values(), ids=SIGNING_KEYS.keys())
def test_openssl_opens_it_and_finds_our_signature_good(kommune: Partner, key: Key, tmp_path: Path) -> None:
    identity = Identity.new(tmp_path, "nordby.example", key, authority=True)
    opened = kommune.decrypt(sealed(MESSAGE, kommune, signer=of_nordby(identity)))
    assert email.message_from_bytes(opened).get_content_type() == "multipart/signed"
    fields, body = split_header(verified(opened, identity))
    assert body == TEXT.partition(b"\r\n\r\n")[2]
    assert b"Subject: 010190-1234 er syg\r\n" in [field.raw for field in fields]


def test_so_do_thunderbird_and_gnupg(kommune: Partner, house: Identity, tmp_path: Path) -> None:
    opened = kommune.decrypt(sealed(MESSAGE, kommune, signer=of_nordby(house)))
    parsed = email.message_from_bytes(opened)
    signature = parsed.get_payload(1).get_payload(decode=True)  # type: ignore[union-attr]
    content = verified(opened, house)
    signed, detached = tmp_path / "signed", tmp_path / "signature"
    signed.write_bytes(content)
    detached.write_bytes(signature)  # type: ignore[arg-type]
    nss = Nss(tmp_path, [house])
    nss.verify_detached(detached, signed)
    with tempfile.TemporaryDirectory(prefix="gpgsm-") as home:
        gpgsm = Gpgsm(Path(home), [house])
        try:
            gpgsm.verify_detached(detached, signed)
            signed.write_bytes(content.replace(b"Bo", b"Ib"))
            with pytest.raises(AssertionError):
                gpgsm.verify_detached(detached, signed)
        finally:
            gpgsm.stop()
    with pytest.raises(AssertionError):
        nss.verify_detached(detached, signed)


BODIES = {
    "empty": b"",
    "no line end": b"the end",
    "eight-bit": bytes(set(range(256)) - {10, 13}),
    "a boundary in it": b"--=-\r\n--b--\r\n",
    "long lines": b"x" * 100_000 + b"\r\n",
    "bare line feeds": b"a\nb\n",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_the_signature_holds_whatever_the_body(kommune: Partner, house: Identity, body: bytes) -> None:
    opened = kommune.decrypt(sealed(HEADER + b"\r\n" + body, kommune, signer=of_nordby(house)))
    assert split_header(verified(opened, house))[1] == canonical(body)


@pytest.mark.parametrize(
    ("given", "sender", "signed"),
    [
        (b"From: Anna <anna@nordby.example>", SENDER, True),
        (b"From: Anna <anna@nordby.example>", "", True),
        (b"From: anna@NORDBY.example", SENDER, True),
        (b"From: anna@nordby.example", "bo@anden.example", False),
        (b"From: anna@anden.example", SENDER, False),
        (b"From: anna@nordby.example, ib@anden.example", SENDER, False),
        (b"From: anna@nordby.example\r\nFrom: ib@nordby.example", SENDER, False),
        (b"From: " + b"(" * 100_000, SENDER, False),
        (b"To: nobody", SENDER, False),
    ],
)
def test_who_signs_is_the_domain_in_from_when_the_envelope_agrees(
    kommune: Partner, house: Identity, given: bytes, sender: str, signed: bool
) -> None:
    message = given + b"\r\n\r\nx\r\n"
    result = made(message, kommune.certificate, signer=of_nordby(house), sender=sender)
    assert bool(result.signed_by) is signed
    assert ("signed by" in result.evidence) is signed
    if not signed:
        with pytest.raises(NoSigner) as caught:
            made(
                message,
                kommune.certificate,
                signer=of_nordby(house),
                sender=sender,
                encryption={"sign": "always"},
            )
        assert str(caught.value.reply) == "451 4.7.0 the message cannot be signed"


def test_of_several_organisations_none_signs_by_an_empty_sender(kommune: Partner, house: Identity) -> None:
    """Postfix asks of no empty sender whose it is, so a user of the other could write this."""
    message = b"From: Anna <anna@nordby.example>\r\n\r\nx\r\n"
    tenant = [{"name": "Syd", "domains": ["sydby.example"]}]
    assert made(message, kommune.certificate, signer=of_nordby(house), sender=SENDER, tenant=tenant).signed_by
    assert not made(message, kommune.certificate, signer=of_nordby(house), sender="", tenant=tenant).signed_by


def test_signing_is_a_setting_also_of_one_domain(kommune: Partner, house: Identity) -> None:
    def signed(**tables: Any) -> bool:
        return bool(made(MESSAGE, kommune.certificate, signer=of_nordby(house), **tables).signed_by)

    never = {"name": "kommune.example", "sign": "never"}
    assert signed()
    assert not signed(encryption={"sign": "never"})
    assert not signed(domain=[never])
    assert signed(domain=[{**never, "name": "anden.example"}])


PROTECTED = [
    b'multipart/signed; protocol="application/pkcs7-signature"; boundary=b',
    b"Multipart/Encrypted; boundary=b",
    b"application/pkcs7-mime; smime-type=enveloped-data",
    b"application/x-pkcs7-mime",
]


@pytest.mark.parametrize("kind", PROTECTED)
def test_what_the_sender_protected_himself_is_encrypted_as_it_is(
    kommune: Partner, house: Identity, kind: bytes
) -> None:
    """His own signature is the one to be seen; its part stays as it was, byte for byte."""
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nhej\r\n--b\r\n\r\nsignature\r\n--b--\r\n"
    message = HEADER + b"Content-Type: " + kind + b"\r\n\r\n" + part
    result = made(message, kommune.certificate, signer=of_nordby(house))
    assert not result.signed_by
    assert split_header(kommune.decrypt(b"".join(result.message.pieces)))[1] == part
    always = made(message, kommune.certificate, signer=of_nordby(house), encryption={"sign": "always"})
    assert always.signed_by


def test_keys_that_cannot_be_read_are_no_missing_key(kommune: Partner) -> None:
    def unreadable(_: str) -> Signer | None:
        raise DeliveryError("our keys cannot be read now", "/etc/segl/keys: Permission denied")

    with pytest.raises(DeliveryError, match="Permission denied"):
        made(MESSAGE, kommune.certificate, signer=unreadable)
    assert made(MESSAGE, kommune.certificate, signer=unreadable, encryption={"sign": "never"})


def test_the_older_form_is_the_whole_message_inside(kommune: Partner, house: Identity) -> None:
    """RFC 8551 §3.1: message/rfc822 as the entity that is protected."""
    tables = {"domain": [{"name": "kommune.example", "headers": "wrapped"}]}
    opened = kommune.decrypt(sealed(MESSAGE, kommune, signer=of_nordby(house), **tables))
    outer = email.message_from_bytes(verified(opened, house), policy=policy.default)
    assert outer.get_content_type() == "message/rfc822"
    assert outer["Content-Transfer-Encoding"] == "8bit"
    inner = outer.get_content()
    assert inner["Subject"] == "010190-1234 er syg"
    assert inner["Bcc"] is inner["X-Segl-Id"] is inner["HP-Outer"] is None
    assert inner.get_content_type() == "text/plain"
    assert inner.get_param("hp") is None
    assert inner.get_payload(decode=True) == TEXT.partition(b"\r\n\r\n")[2]


def with_capabilities(key: Key, *oids: str, der: bytes = b"") -> x509.Certificate:
    """A certificate whose holder says what he reads."""
    entries = b"".join(
        core.SequenceOf([core.ObjectIdentifier(oid)], spec=core.ObjectIdentifier).dump() for oid in oids
    )
    value = der or b"\x30" + bytes([len(entries)]) + entries
    base = certificate("x", key)
    builder = x509.CertificateBuilder(
        base.issuer,
        base.subject,
        key.public_key(),
        base.serial_number,
        base.not_valid_before_utc,
        base.not_valid_after_utc,
        [x509.Extension(EXTENSION, False, x509.UnrecognizedExtension(EXTENSION, value))],
    )
    return builder.sign(key, hashes.SHA256())


GCM, OAEP_OID = "2.16.840.1.101.3.4.1.46", "1.2.840.113549.1.1.7"
PLAIN = certificate("plain", rsa_key())
CHOICES = [
    ([PLAIN], {}, COMMON),
    ([with_capabilities(rsa_key(), GCM, OAEP_OID)], {}, MODERN),
    ([with_capabilities(rsa_key(), GCM)], {}, COMMON),
    ([with_capabilities(ec_key(), GCM)], {}, MODERN),
    ([with_capabilities(rsa_key(), "1.2.840.113549.3.7")], {}, COMMON),  # weaker is never taken
    ([with_capabilities(rsa_key(), GCM, OAEP_OID), PLAIN], {}, COMMON),
    ([with_capabilities(rsa_key(), GCM, OAEP_OID)], {"encryption": {"algorithms": "common"}}, COMMON),
    ([PLAIN], {"encryption": {"algorithms": "oaep"}}, OAEP),
    (
        [PLAIN],
        {
            "encryption": {"algorithms": "oaep"},
            "domain": [{"name": "example", "subdomains": True, "algorithms": "modern"}],
        },
        MODERN,
    ),
]


@pytest.mark.parametrize(("certificates", "tables", "choice"), CHOICES)
def test_the_algorithms_are_the_postmasters_else_the_best_that_all_read(
    certificates: list[x509.Certificate], tables: dict[str, Any], choice: object
) -> None:
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}, **tables})
    assert Outbound(settings, lambda _: None).terms("kommune.example").choice(certificates) is choice


def test_what_the_holder_said_in_mail_of_his_is_asked_only_when_it_matters() -> None:
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
    terms = Outbound(settings, lambda _: None).terms("kommune.example")
    asked: list[str] = []

    def said(*algorithms: str) -> frozenset[str]:
        asked.append("")
        return frozenset(algorithms)

    assert terms.choice([PLAIN], lambda: said(GCM, OAEP_OID)) is MODERN
    assert terms.choice([PLAIN], lambda: said(GCM)) is COMMON
    assert terms.choice([certificate("curve", ec_key())], lambda: said(GCM)) is MODERN
    assert terms.choice([PLAIN], lambda: said("1.2.840.113549.3.7")) is COMMON
    assert len(asked) == 4
    assert terms.choice([with_capabilities(rsa_key(), GCM, OAEP_OID)], said) is MODERN
    assert replace(terms, algorithms=Algorithms.COMMON).choice([PLAIN], said) is COMMON
    assert len(asked) == 4


@pytest.mark.parametrize("der", [b"\x04\x00", b"\x30\x80", b"\x30\x82\xff\xff", b"\x30" * 5000, b"\x00"])
def test_capabilities_that_cannot_be_read_are_none(der: bytes) -> None:
    assert capabilities(with_capabilities(rsa_key(), der=der)) == frozenset()


def test_each_certificate_of_a_partner_who_changes_keys_opens_it(folder: Path, tmp_path: Path) -> None:
    old = Partner.new(tmp_path, "old.example", tmp_path, rsa_key(2048, 2))
    new = Partner.new(tmp_path, "new.example", tmp_path, ec_key())
    result = made(MESSAGE, new.certificate, old.certificate)
    message = b"".join(result.message.pieces)
    assert old.decrypt(message) == new.decrypt(message)
    assert result.evidence == f"encrypted to sha256={new.fingerprint[:16]} and 1 more aes-256-cbc"


@pytest.mark.parametrize(
    ("tables", "subject"),
    [
        ({}, "Sikker besked"),
        ({"organisation": {"name": "N", "domains": ["nordby.example"], "language": "en"}}, "Secure message"),
        ({"encryption": {"subject": "Post fra Ærø"}}, "Post fra Ærø"),
    ],
)
def test_the_subject_outside(kommune: Partner, tables: dict[str, Any], subject: str) -> None:
    message = sealed(MESSAGE, kommune, **tables)
    assert email.message_from_bytes(message, policy=policy.default)["Subject"] == subject
    assert message.isascii()


LIST_FIELDS = (
    b"List-Id: <nyt.nordby.example>\r\n"
    b"List-Unsubscribe: <mailto:fra@nordby.example>\r\n"
    b"Auto-Submitted: auto-generated\r\n"
    b"References: <0@kommune.example>\r\n <00@kommune.example>\r\n"
    b"In-Reply-To: <0@kommune.example>\r\n"
)
MEETING = (
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: multipart/alternative; boundary=b\r\n"
    b"\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nM\xf8de\r\n"
    b'--b\r\nContent-Type: text/calendar; method=REQUEST; charset="utf-8"\r\n\r\n'
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nDESCRIPTION:Kl\xc3\xa6r\r\n til m\xc3\xb8de\r\nEND:VCALENDAR\r\n"
    b"--b--\r\n"
)


def test_what_threads_and_answers_a_message_stays_outside_and_a_meeting_inside(
    kommune: Partner, house: Identity
) -> None:
    outside = sealed(HEADER + LIST_FIELDS + MEETING, kommune, signer=of_nordby(house))
    assert LIST_FIELDS in outside
    for kept in (b"From: Anna <anna@", b"Date: Tue, 24 Nov", b"Message-ID: <1@"):
        assert kept in outside
    for secret in (b"hemmelig", b"010190", b"X-Segl", b"VCALENDAR", b"calendar", b"signed"):
        assert secret not in outside
    inside = kommune.decrypt(outside)
    assert b"hemmelig" not in inside
    assert MEETING.partition(b"\r\n\r\n")[2] in verified(inside, house)
