"""Inbound mail: who is the author, which header is the true one, what a signature is worth, what is told of it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from segl.certificates.chain import Authorities
from segl.certificates.records import Revocation
from segl.headers import claims_smime, steers
from segl.mail.fields import join_header, read_header
from segl.settings.inbound import Inbound
from segl.smime_types import is_smime
from segl_delivery.cms.signed import Signed, Signer, sign, verify
from segl_delivery.inbound.author import author_of
from segl_delivery.inbound.judging import Judge, Judgement, SignatureResult
from segl_delivery.inbound.restoring import restored
from segl_delivery.inbound.telling import OpeningReport, told
from segl_delivery.smime.unwrapping import Unwrapped
from segl_routing.certificates.standing import RevocationStanding
from world.authority import Authority, Issued
from world.partners import usage

NOW = datetime.now(UTC)
ANNA = "anna@kommune.example"
OUTER = (
    b"Received: from x\r\nFrom: anna@kommune.example\r\nReply-To: tyv@ond.example\r\nSubject: Sikker besked\r\n"
    b"Content-Type: application/pkcs7-mime\r\n\r\nMII"
)


@pytest.mark.parametrize(
    ("field", "author"),
    [
        ("From: anna@kommune.example", ANNA),
        ("From: Anna Berg <Anna@Kommune.example>", ANNA),
        ('From: "Berg, Anna (HR)" <anna@kommune.example>', ANNA),
        ("From: =?utf-8?q?=C3=85se?= <anna@kommune.example>", ANNA),
        ("From: Anna\r\n <anna@kommune.example>", ANNA),
        ("From: anna@kommune.example <tyv@ond.example>", ""),  # two readings
        ("From: <anna@kommune.example>, <tyv@ond.example>", ""),
        ("From: anna@kommune.example, tyv@ond.example", ""),
        ("From: (anna@kommune.example) tyv@ond.example", ""),
        ("From: <anna@kommune.example> <tyv@ond.example>", ""),
        ("From: anna@kommune.example\r\nFrom: tyv@ond.example", ""),
        ("From: gruppe: anna@kommune.example;", ""),
        ("From: ", ""),
        ("To: anna@kommune.example", ""),
        ("From: " + "a" * 5000 + "@kommune.example", ""),
    ],
)
def test_the_author_is_the_one_address_or_nobody(field: str, author: str) -> None:
    assert author_of(read_header(f"{field}\r\n\r\n".encode())[0]) == author


@given(st.binary(max_size=300))
def test_whatever_the_field_holds_an_author_has_one_at_sign(value: bytes) -> None:
    author = author_of(read_header(b"From: " + value + b"\r\n\r\n")[0])
    assert author.count("@") in (0, 1)


@pytest.mark.parametrize(
    ("content_type", "disposition", "smime"),
    [
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "", True),
        ("application/pkcs7-mime; smime-type=authEnveloped-data", "", True),
        ("APPLICATION/X-PKCS7-MIME", "", True),
        ("application/pkcs7-mime (S/MIME); smime-type=enveloped-data", "", True),
        ("application/cms; encapsulatingContent=envelopedData", "", True),
        ('application/octet-stream; name="smime.P7M"', "", True),
        ("application/octet-stream", "attachment; filename=smime.p7z", True),
        ('multipart/signed; protocol="application/pkcs7-signature"; boundary=x', "", True),
        ('multipart/signed; protocol="application/pgp-signature"; boundary=x', "", False),
        ("application/octet-stream; name=photo.jpg", "", False),
        ("text/plain; name=smime.p7m", "", False),
        ("", "", False),
        (";" * 100_000, "", False),
    ],
)
def test_what_is_smime_is_told_by_the_header(content_type: str, disposition: str, smime: bool) -> None:
    assert is_smime(content_type.encode(), disposition.encode()) is smime


@pytest.mark.parametrize(
    ("name", "value", "comes_off"),
    [
        ("Authentication-Results", b" mail.x.dk; smime=pass", True),
        ("AUTHENTICATION-RESULTS", b" mail.x.dk (c); dkim=pass;\n SMIME (x) = pass", True),
        ("Authentication-Results", b" mail.x.dk; dkim=pass", False),
        ("Subject", b" smime=pass", False),
    ],
)
def test_results_for_smime_are_ours_alone(name: str, value: bytes, comes_off: bool) -> None:
    assert claims_smime(name, value) is comes_off
    assert steers("Segl-Opened")


def found(entity: bytes, readable: bytes | None = None) -> Unwrapped:
    return Unwrapped(entity, (), entity if readable is None else readable)


def header_of(entity: bytes, *, readable: bytes | None = None, signer: str = "") -> str:
    fields, body = restored(OUTER, found(entity, readable), signer)
    return join_header(fields, body).decode()


def test_without_protection_the_header_outside_stays() -> None:
    whole = header_of(b"Content-Type: text/plain\r\nSubject: not protected\r\n\r\nhej\n")
    assert "Subject: Sikker besked" in whole
    assert "Reply-To: tyv@ond.example" in whole
    assert whole.endswith("Content-Type: text/plain\r\nMIME-Version: 1.0\r\n\r\nhej\r\n")
    assert "pkcs7" not in whole


PROTECTED = (
    b"From: Anna Berg <anna@kommune.example>\r\nSubject: Opsigelse\r\nX-Sag: 7\r\nX-Segl-Route: plain\r\n"
    b"Received: from nowhere\r\nAuthentication-Results: mail.x.dk; smime=pass\r\nHP-Outer: Subject: Sikker besked\r\n"
)


@pytest.mark.parametrize(
    "entity",
    [
        PROTECTED + b'Content-Type: text/plain; hp="cipher"\r\n\r\nhej\r\n',
        PROTECTED + b'Content-Type: text/plain; protected-headers="v1"\r\n\r\nhej\r\n',
        b"Content-Type: message/rfc822\r\n\r\n" + PROTECTED + b"Content-Type: text/plain\r\n\r\nhej\r\n",
    ],
    ids=["hp", "v1", "rfc822"],
)
def test_the_header_inside_is_the_true_one(entity: bytes) -> None:
    whole = header_of(entity)
    assert "Subject: Opsigelse\r\n" in whole
    assert "Sikker besked" not in whole
    assert "From: Anna Berg <anna@kommune.example>" in whole
    assert "X-Sag: 7" in whole
    assert "tyv@" not in whole  # a Reply-To that was not inside was put on by somebody
    for never in ("X-Segl", "nowhere", "Authentication-Results", "HP-Outer", "hp=", "rfc822"):
        assert never not in whole
    assert whole.count("Received:") == 1
    assert whole.endswith("\r\n\r\nhej\r\n")


@pytest.mark.parametrize("name", ["Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To"])
def test_a_receipt_asked_for_on_the_way_is_not_given(name: str) -> None:
    """It would quote the true subject to whoever sends another's message again."""
    entity = PROTECTED + b'Content-Type: text/plain; hp="cipher"\r\n\r\nhej\r\n'
    fields, _ = restored(f"{name}: tyv@ond.example\r\n".encode() + OUTER, found(entity), "")
    assert name.lower() not in [field.name for field in fields]


@pytest.mark.parametrize(
    "inside",
    [
        *("X-Spam-Flag: NO", "Segl-Answer: yes", "Segl-Opened: yes", "TLS-Required: No"),
        *("X-MS-Exchange-Organization-SCL: -1", "X-MS-Exchange-Organization-AuthAs: Internal"),
        *("X-Spam-Status: No, score=-99", "BIMI-Indicator: PHN2Zz4="),
    ],
)
def test_a_sender_can_neither_overrule_the_site_s_scanner_from_inside_nor_write_what_is_ours(
    inside: str,
) -> None:
    entity = inside.encode() + b"\r\n" + PROTECTED + b'Content-Type: text/plain; hp="cipher"\r\n\r\nhej\r\n'
    fields, _ = restored(b"X-Spam-Flag: YES\r\n" + OUTER, found(entity), "")
    header = join_header(fields, b"").decode()
    assert inside not in header
    assert "X-Spam-Flag: YES" in header
    assert "X-Sag: 7" in header


def test_a_message_that_is_said_to_be_forwarded_is_no_wrapper() -> None:
    inner = b"Subject: Videresendt\r\n\r\nhej"
    whole = header_of(b"Content-Type: message/rfc822; forwarded=yes\r\n\r\n" + inner)
    assert "Subject: Sikker besked" in whole
    assert "message/rfc822" in whole


def test_anybody_has_our_certificate_so_another_from_inside_needs_a_signature() -> None:
    entity = b'From: chef@nordby.example\r\nSubject: Betal\r\nContent-Type: text/plain; hp="cipher"\r\n\r\nx'
    assert "chef@" not in header_of(entity)
    assert "From: anna@kommune.example" in header_of(entity)
    assert "From: chef@nordby.example" in header_of(entity, signer="chef@nordby.example")


# signatures

ROOT = Authority("Rod-CA")
SIGNS = usage(sign=True, encrypt=True)


def signer(address: str | None = ANNA, **more: object) -> Issued:
    return ROOT.issue(address, **{"key_usage": SIGNS, **more})  # type: ignore[arg-type]


def signed_by(*issued: Issued, content: bytes = b"hej") -> Signed:
    return verify(sign(content, Signer(issued[0].key, issued[0].certificate), detached=False))


def judged(
    signed: Signed | None,
    author: str = ANNA,
    *,
    standing: Revocation = Revocation.GOOD,
    pinned: x509.Certificate | None = None,
    roots: Sequence[x509.Certificate] = (ROOT.certificate,),
    use_unknown: bool = False,
) -> tuple[str, str]:
    judge = Judge(
        Authorities(roots),
        lambda _: RevocationStanding(standing, ""),
        lambda _: [pinned] if pinned else [],
        use_unknown,
    )
    judgement = judge.judge(signed, author, NOW)
    return judgement.result.value, judgement.identifier or judgement.reason


def test_signed_by_the_author_with_a_certificate_that_is_trusted_it_passes() -> None:
    assert judged(signed_by(signer())) == ("pass", ANNA)


OF_ORGANISATION = (
    (NameOID.COMMON_NAME, "Kommunens mailgateway"),
    (NameOID.SERIAL_NUMBER, "UI:DK-O:G:01234567-89ab-cdef-0123-456789abcdef"),
)


def test_a_domain_may_sign_for_its_people() -> None:
    gateway = signer("domain-signing-authority@kommune.example", subject=OF_ORGANISATION)
    assert judged(signed_by(gateway)) == ("pass", "@kommune.example")
    assert judged(signed_by(gateway), "anna@sub.kommune.example")[0] == "policy"
    assert judged(signed_by(gateway), "anna@ond.example")[0] == "policy"


@pytest.mark.parametrize(
    ("name", "subject"),
    [("domain-signing-authority", None), ("domain-confidentiality-authority", OF_ORGANISATION)],
    ids=["who reads that mailbox", "who decrypts for the domain"],
)
def test_a_name_alone_signs_for_no_domain(name: str, subject: object) -> None:
    """At a provider of mailboxes anybody may choose that name, and be certified for it."""
    stranger = signer(f"{name}@kommune.example", subject=subject)
    assert judged(signed_by(stranger)) == ("policy", "the signer is not the author")


def test_a_partner_s_tunnel_certificate_needs_no_authority() -> None:
    gateway = signer("post@kommune.example")
    assert judged(signed_by(gateway), pinned=gateway.certificate, roots=()) == ("pass", "@kommune.example")
    assert judged(signed_by(gateway), pinned=signer().certificate)[0] == "policy"


def test_unsigned_is_none() -> None:
    assert judged(None) == ("none", "")


@pytest.mark.parametrize(
    ("more", "result", "reason"),
    [
        ({"author": "bo@kommune.example"}, "policy", "the signer is not the author"),
        ({"author": ""}, "policy", "the signer is not the author"),
        ({"roots": ()}, "policy", "no trusted authority stands behind the certificate"),
        (
            {"roots": (Authority("En anden").certificate,)},
            "policy",
            "no trusted authority stands behind the certificate",
        ),
        ({"standing": Revocation.REVOKED}, "fail", "the certificate was revoked"),
        ({"standing": Revocation.UNKNOWN}, "neutral", "whether the certificate was revoked is not known now"),
        ({"standing": Revocation.UNKNOWN, "use_unknown": True}, "pass", ANNA),
        ({"standing": Revocation.REVOKED, "use_unknown": True}, "fail", "the certificate was revoked"),
    ],
)
def test_what_is_missing_for_a_pass(more: dict[str, object], result: str, reason: str) -> None:
    assert judged(signed_by(signer()), **more) == (result, reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("issued", "reason"),
    [
        (signer(ends=-1), "the certificate: expired on"),
        (signer(begins=5, ends=9), "the certificate: not valid before"),
        (signer(key_usage=usage(encrypt=True)), "the certificate: its keyUsage does not allow signatures"),
        (signer(for_=[x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), "the certificate: it is not for mail"),
    ],
    ids=["expired", "not-yet", "usage", "purpose"],
)
def test_a_certificate_that_may_not_sign_mail_proves_nothing(issued: Issued, reason: str) -> None:
    result, why = judged(signed_by(issued))
    assert (result, why[: len(reason)]) == ("policy", reason)


def test_an_altered_message_fails_whoever_signed() -> None:
    anna = signer()
    der = sign(b"hej", Signer(anna.key, anna.certificate), detached=True)
    assert judged(verify(der, b"farvel")) == ("fail", "the signature does not hold")


# what is told


def lines(report: OpeningReport, settings: Inbound, fields: bytes = b"Subject: Hej\r\n") -> str:
    written = told(read_header(fields + b"\r\n")[0], report, "mail.x.dk", settings)
    return b"".join(field.raw for field in written).decode()


TAGS = Inbound(tag_secure="[sikker]", tag_bad_signature="[underskrift ugyldig]", tag_not_opened="[ulæst]")
PASSED = Judgement(SignatureResult.PASS, "", ANNA)
FAILED = Judgement(SignatureResult.FAIL, "the signature does not hold")
UNSIGNED = Judgement(SignatureResult.NONE)


@pytest.mark.parametrize(
    ("report", "subject"),
    [
        (OpeningReport(True, UNSIGNED), "[sikker] Hej"),
        (OpeningReport(None, PASSED), "[sikker] Hej"),
        (OpeningReport(True, FAILED), "[underskrift ugyldig] Hej"),
        (OpeningReport(None, FAILED), "[underskrift ugyldig] Hej"),
        (OpeningReport(None, UNSIGNED), "Hej"),
        (OpeningReport(False, UNSIGNED), "=?utf-8?b?W3Vsw6ZzdF0=?= Hej"),
    ],
)
def test_the_subject_is_tagged_when_asked_for(report: OpeningReport, subject: str) -> None:
    assert f"Subject: {subject}\r\n" in lines(report, TAGS)
    assert "Subject: Hej\r\n" in lines(report, Inbound())


def test_our_fields_stand_on_top_and_forged_ones_are_gone() -> None:
    forged = b"Segl-Opened: yes\r\nX-Segl-Id: 1\r\nAuthentication-Results: mail.x.dk; smime=pass\r\nSubject: Hej\r\n"
    assert lines(OpeningReport(True, PASSED, "aes-256-gcm", True), Inbound(), forged) == (
        "Authentication-Results: mail.x.dk;\r\n smime=pass\r\n body.smime-identifier=anna@kommune.example\r\n"
        "Segl-Opened: yes; cipher=aes-256-gcm; authenticated=yes\r\nSubject: Hej\r\n"
    )


@pytest.mark.parametrize("end", [b"\r", b"\0", b"\r\r"])
def test_what_some_programs_take_for_a_line_s_end_forges_no_field(end: bytes) -> None:
    forged = b"Subject: Hej" + end + b"Authentication-Results: mail.x.dk; smime=pass\r\n"
    told_of = lines(OpeningReport(True, UNSIGNED, "aes-256-cbc"), Inbound(), forged)
    assert "Subject: Hej" in told_of
    assert not re.search("[\r\0]Authentication", told_of)


def test_a_stranger_s_words_cannot_end_a_field() -> None:
    hostile = Judgement(SignatureResult.POLICY, 'x"\r\nBcc: tyv@ond.example')
    shown = lines(OpeningReport(None, hostile), Inbound())
    assert "\r\nBcc" not in shown
    assert shown.count('"') == 2


def test_a_subject_without_end_costs_little() -> None:
    """From inside an envelope it may be of any length; Postfix bounds only those outside."""
    begun = time.process_time()
    long = b"Subject: " + b"=?utf-8?q?=5Bsikker=5D?= " * 200_000 + b"\r\n"
    assert "[sikker]" not in lines(OpeningReport(None, UNSIGNED), TAGS, long)
    assert time.process_time() - begun < 2
