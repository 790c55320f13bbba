"""Certificates and their kin: names in them are read, and nothing else passes for one."""

from __future__ import annotations

import time
from base64 import encodebytes
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import cms as asn1
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from corpus.unfolded import Read
from segl.vocabulary import Unreadable

CPR = "010190-1234"
KEY = ec.generate_private_key(ec.SECP256R1())
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def name(common: str) -> x509.Name:
    given = [x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    return x509.Name(given)


def certificate(common: str = "Søren Holm", extension: bytes = b"") -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common))
        .issuer_name(name("Nordby CA"))
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name("soren@nordby.example")]), critical=False)
    )
    if extension:
        own = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), extension)
        builder = builder.add_extension(own, critical=False)
    return builder.sign(KEY, hashes.SHA256())


def request() -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(name("Søren Holm"))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def revoked() -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(name("Søren Holm"))
    builder = builder.last_update(NOW).next_update(NOW + timedelta(days=9))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def bundle(form: Encoding = Encoding.DER) -> bytes:
    return pkcs7.serialize_certificates([certificate()], form)


def signed(content: bytes) -> bytes:
    """CMS with *content* in it."""
    inside = asn1.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": {"content_type": "data", "content": core.OctetString(content)},
            "certificates": [asn1.CertificateChoices.load(certificate().public_bytes(Encoding.DER))],
            "signer_infos": [],
        }
    )
    data: bytes = asn1.ContentInfo({"content_type": "signed_data", "content": inside}).dump()
    return data


def encrypted() -> bytes:
    inside = asn1.EncryptedData(
        {
            "version": "v0",
            "encrypted_content_info": {
                "content_type": "data",
                "content_encryption_algorithm": {
                    "algorithm": "aes128_cbc",
                    "parameters": core.OctetString(bytes(16)),
                },
                "encrypted_content": bytes(range(64)),
            },
        }
    )
    data: bytes = asn1.ContentInfo({"content_type": "encrypted_data", "content": inside}).dump()
    return data


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("holm.cer", certificate().public_bytes(Encoding.DER)),
        ("holm.crt", certificate().public_bytes(Encoding.DER)),
        ("holm.crt", certificate().public_bytes(Encoding.PEM)),
        ("holm.pem", b"Til Bo\n" + certificate().public_bytes(Encoding.PEM) * 2),
        ("holm.csr", request()),
        ("holm.crl", revoked()),
        ("holm.p7b", bundle()),
        ("holm.p7b", bundle(Encoding.PEM)),
    ],
)
def test_the_names_in_it_are_read(filename: str, data: bytes) -> None:
    read = Read(filename, data)
    assert "Søren Holm" in str(read)
    assert not read.gaps


def test_numbers_in_names_and_extensions_are_read() -> None:
    assert CPR in str(Read("a.cer", certificate(f"Bo {CPR}").public_bytes(Encoding.DER)))
    own = certificate(extension=core.UTF8String(f"cpr {CPR}").dump())
    assert CPR in str(Read("a.cer", own.public_bytes(Encoding.DER)))
    bare = certificate(extension=f"cpr {CPR}".encode())
    assert CPR in str(Read("a.cer", bare.public_bytes(Encoding.DER)))
    assert CPR in str(Read("a.p7b", signed(f"Kære Ida, dit nummer er {CPR}".encode())))
    beside = f"Kære Ida, dit nummer er {CPR}\n".encode() + certificate().public_bytes(Encoding.PEM)
    assert CPR in str(Read("a.pem", beside))


def value(tag: int, content: bytes) -> bytes:
    """In DER, of less than 64 KB."""
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


def test_a_number_that_is_words_is_read() -> None:
    assert CPR in str(Read("a.cer", value(0x30, value(2, f"Kære Ida, {CPR}".encode()))))


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("a.cer", value(0x30, value(23, f"Kære Ida, {CPR}".encode()))),  # no time
        ("a.cer", value(0x30, value(6, f"Kære Ida, {CPR}".encode() * 9))),  # no identifier
        ("a.cer", value(0x30, value(1, f"Kære Ida, {CPR}".encode()))),  # no truth value
        ("a.cer", value(0x30, value(2, bytes(range(7, 207)) * 10) * 30) * 10),  # too many numbers of no key
        ("a.p7b", value(0x30, value(0xA0, value(0x24, value(4, bytes(range(64))) * 2)))),  # signed in pieces
        ("a.cer", certificate().public_bytes(Encoding.DER) + b"\0\1\2mere"),
        ("a.cer", certificate().public_bytes(Encoding.DER)[:-9]),
        ("a.cer", certificate(extension=bytes(range(256)) * 20).public_bytes(Encoding.DER)),
        ("a.cer", certificate(extension=b"%PDF-1.7\n" + bytes(64)).public_bytes(Encoding.DER)),
        ("a.cer", b"\x30\x80" + bytes(20)),
        ("a.cer", bytes(range(200))),
        ("a.p7b", signed(bytes(range(64)))),
        ("a.p7b", encrypted()),
    ],
)
def test_what_is_none_is_told_of(filename: str, data: bytes) -> None:
    assert Read(filename, data).causes == [f"unreadable.{Unreadable.UNKNOWN_TYPE}"]


def test_encrypted_files_in_letters_are_told_of() -> None:
    letters = b"-----BEGIN CMS-----\n" + encodebytes(encrypted()) + b"-----END CMS-----\n"
    assert set(Read("a.pem", letters).causes) == {f"unreadable.{Unreadable.ENCRYPTED}"}


@pytest.mark.slow
def test_hostile_files_cost_little() -> None:
    nested = b""
    for _ in range(3_000):
        nested = core.OctetString(nested).dump()
    for data in (
        nested,
        b"\x30\x00" * 2_000_000,
        b"\x04\x02\x30\x00" * 1_000_000,
        b"\xa0\x02\x04\x00" * 500_000,
        value(0x30, b"\x05\x00" * 30_000) * 400,
    ):
        start = time.process_time()
        Read("a.cer", data)
        assert time.process_time() - start < 3
