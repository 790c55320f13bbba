"""Whom a certificate names: addresses, and the organisation or person behind it."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from segl.certificates.names import addresses_of, holder_of, mail_key
from world.authority import Attributes, Authority, oces2, oces3

CA = Authority("Prøve-CA")
UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")


def utf8(address: str) -> x509.OtherName:
    raw = address.encode()
    return x509.OtherName(UTF8_MAILBOX, bytes([0x0C, len(raw)]) + raw)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Bo@Kommune.Example", "bo@kommune.example", True),
        ("bo@kommune.example.", "bo@kommune.example", True),
        ("bo@ærø.example", "bo@" + "ærø.example".encode("idna").decode(), True),
        ("søren@x.example", "SØREN@x.example", False),  # only A to Z are folded
        ("\u212aim@x.example", "kim@x.example", False),  # KELVIN SIGN is no k
        ("bo+sag@x.example", "bo@x.example", False),
        ("bo@x.example", "bo@y.example", False),
        ("bo@x.example", "ob@x.example", False),
    ],
)
def test_two_spellings_of_a_mailbox(one: str, other: str, same: bool) -> None:
    assert (mail_key(one) == mail_key(other)) is same


@pytest.mark.parametrize(
    "text", ["", "bo", "@x.example", "bo@", "b\0o@x.example", "bo\u202e@x.example", "bo@[1.2.3.4]"]
)
def test_what_is_no_mailbox_has_no_key(text: str) -> None:
    assert mail_key(text) == ""


@given(st.text(max_size=60))
def test_a_key_is_its_own_key(text: str) -> None:
    key = mail_key(text)
    assert mail_key(key) == key


@pytest.mark.parametrize(
    "rare", [b"\xa5\x07\xa1\x05\x0c\x03abc", b"\xa3\x02\x30\x00"], ids=["ediPartyName", "x400Address"]
)
def test_names_of_a_kind_that_nobody_reads_are_none(rare: bytes) -> None:
    names = b"\x81\x0cbo@x.example" + rare
    alternative = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.17"), bytes([0x30, len(names)]) + names
    )
    certificate = CA.issue(None, subject_address="ida@x.example", extra=[(alternative, False)]).certificate
    assert addresses_of(certificate) == {"ida@x.example"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"address": "Bo@Kommune.example"}, {"bo@kommune.example"}),
        ({"address": ["bo@x.example", "post@x.example"]}, {"bo@x.example", "post@x.example"}),
        ({"address": None, "subject_address": "bo@x.example"}, {"bo@x.example"}),  # OCES2: no subjectAltName
        ({"address": "bo@x.example", "subject_address": "b@x.example"}, {"bo@x.example"}),
        (
            {"address": None, "subject_address": "b@x.example", "names": [utf8("ærø@x.example")]},
            {"ærø@x.example"},
        ),
        # It would be an rfc822Name (RFC 9598 §3).
        ({"address": None, "names": [utf8("bo@x.example")]}, set()),
        ({"address": None, "names": [utf8("ærø@x.example")]}, {"ærø@x.example"}),
        ({"address": None, "names": [x509.OtherName(UTF8_MAILBOX, b"\x16\x03a@b")]}, set()),  # no UTF8String
        ({"address": None, "names": [x509.DNSName("x.example")]}, set()),
        ({"address": None}, set()),
        ({"address": "x.example"}, set()),  # an rfc822Name that is none
    ],
)
def test_the_addresses_of_a_certificate(options: dict[str, object], expected: set[str]) -> None:
    assert addresses_of(CA.issue(**options).certificate) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        (oces3("12345678", "Nordby Kommune"), "Nordby Kommune, CVR 12345678, OCES3 organisation"),
        (oces3("12345678", "Nordby Kommune", "E", "Bo Hansen"),
         "Bo Hansen, Nordby Kommune, CVR 12345678, OCES3 employee"),
        (oces2("87654321", "Vestby Vand A/S"), "Vestby Vand A/S, CVR 87654321, OCES2 organisation"),
        (oces2("87654321", "Vestby Vand A/S", "FID", "Post"), "Post, Vestby Vand A/S, CVR 87654321, OCES2 function"),
        (oces2("87654321", "Vestby Vand A/S", "RID", "Bo"), "Bo, Vestby Vand A/S, CVR 87654321, OCES2 employee"),
        (((x509.NameOID.COMMON_NAME, "Bo"), (x509.NameOID.SERIAL_NUMBER, "PID:9208-2002-2-1234")), "Bo, OCES2 person"),
        (((x509.NameOID.COMMON_NAME, "Bo"),), "Bo"),
        (((x509.NameOID.COMMON_NAME, "Bo\x1b[31m"), (x509.NameOID.SERIAL_NUMBER, "CVR:1-UID:x")), "Bo\ufffd[31m"),
    ],
)  # fmt: skip
def test_who_holds_it(subject: Attributes, told: str) -> None:
    assert str(holder_of(CA.issue("bo@x.example", subject=subject).certificate)) == told


def test_a_subject_without_a_name_is_nobody() -> None:
    subject = ((x509.NameOID.COUNTRY_NAME, "DK"),)
    assert str(holder_of(CA.issue(None, subject=subject).certificate)) == "unnamed"
