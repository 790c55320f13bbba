"""To which certificates mail may be encrypted, and what is said of the others."""

from __future__ import annotations

import math
import re
from base64 import b64encode, encodebytes
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from segl.certificates.chain import read_pem
from segl.certificates.ends import first_end_of_partners
from segl.certificates.judgement import KeyKind, key_kind, lasting_fault, newest_usable, untimely, unusable
from segl.certificates.recipient import load_der
from segl_routing.certificates.folder import read_certificates
from segl_routing.proofs.tlsa import Matching, Selector, Tlsa, Usage, matches
from segl_routing.tunnel_list.content import Entry
from segl_routing.tunnels import TunnelDirectory
from world.oracle import openssl
from world.partners import certificate, ec_key, rsa_key, usage

KEY = rsa_key()
NOW = datetime.now(UTC)

MAY = {
    "RSA without keyUsage": certificate("a", KEY),
    "RSA with keyEncipherment": certificate("b", KEY, key_usage=usage(encrypt=True)),
    "RSA-3072": certificate("c", rsa_key(3072)),
    "P-256": certificate("d", ec_key()),
    "P-384": certificate("e", ec_key(ec.SECP384R1)),
    "P-521": certificate("f", ec_key(ec.SECP521R1)),
    "P-256 with keyAgreement": certificate("g", ec_key(), key_usage=usage(agree=True)),
}
MAY_NOT = {
    "RSA-1024": (certificate("h", rsa_key(1024)), "1024 bits, fewer than 2048"),
    "RSA for signatures": (certificate("i", KEY, key_usage=usage(sign=True)), "keyEncipherment"),
    "RSA for agreement": (certificate("j", KEY, key_usage=usage(agree=True)), "keyEncipherment"),
    "P-256 for signatures": (certificate("k", ec_key(), key_usage=usage(sign=True)), "keyAgreement"),
    "P-256 for encipherment": (certificate("l", ec_key(), key_usage=usage(encrypt=True)), "keyAgreement"),
    "P-224": (certificate("m", ec_key(ec.SECP224R1)), "secp224r1"),
    "secp256k1": (certificate("n", ec_key(ec.SECP256K1)), "secp256k1"),
    "Ed25519": (certificate("o", ed25519.Ed25519PrivateKey.generate()), "neither RSA nor"),
    "expired": (certificate("p", KEY, begins=-10, ends=-1), "expired on 20"),
    "not valid yet": (certificate("q", KEY, begins=2), "not valid before 20"),
}


@pytest.mark.parametrize("entry", MAY.values(), ids=MAY.keys())
def test_mail_may_be_encrypted_to(entry: x509.Certificate) -> None:
    assert unusable(entry, NOW) == ""


@pytest.mark.parametrize(("entry", "why"), MAY_NOT.values(), ids=MAY_NOT.keys())
def test_mail_may_not_be_encrypted_to(entry: x509.Certificate, why: str) -> None:
    assert why in unusable(entry, NOW)


def test_an_rsa_key_for_signatures_alone_is_not_encrypted_to(tmp_path: Path) -> None:
    """RFC 4055 §1.2: no keyUsage need say so. What is encrypted to it all the same, openssl does not decrypt."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    openssl("genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    openssl(
        "req",
        "-x509",
        "-key",
        key,
        "-subj",
        "/CN=Bo",
        "-addext",
        "subjectAltName=email:bo@x.example",
        "-out",
        cert,
    )
    [entry] = x509.load_pem_x509_certificates(cert.read_bytes())
    assert lasting_fault(entry) == "the RSA key is for signatures alone (RSASSA-PSS)"


def test_validity_is_the_only_fault_that_passes_with_time() -> None:
    old = MAY_NOT["expired"][0]
    assert lasting_fault(old) == ""
    assert untimely(old, NOW).startswith("expired")
    assert untimely(old, old.not_valid_before_utc) == "" == untimely(old, old.not_valid_after_utc)


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (MAY["RSA-3072"], KeyKind.RSA),
        (MAY["P-384"], KeyKind.EC),
        (MAY_NOT["Ed25519"][0], None),
    ],
)
def test_the_kind_of_key_says_how_it_is_encrypted_to(entry: x509.Certificate, kind: KeyKind | None) -> None:
    assert key_kind(entry) is kind


def test_a_damaged_key_is_a_reason_and_no_crash() -> None:
    der = bytearray(MAY["P-256"].public_bytes(Encoding.DER))
    at = der.index(bytes.fromhex("2a8648ce3d030107"))  # the curve's name
    der[at + 7] = 0x7F
    broken = x509.load_der_x509_certificate(bytes(der))
    assert unusable(broken, NOW) == "the certificate is damaged or of an unknown kind"
    assert key_kind(broken) is None


def test_the_newest_usable_one_is_taken_whatever_its_kind() -> None:
    older, newer = certificate("r", KEY, begins=-20), certificate("s", ec_key(), begins=-2)
    assert newest_usable([newer, older], NOW) == (newer, "")
    assert newest_usable([MAY_NOT["RSA-1024"][0], older], NOW) == (older, "")
    assert newest_usable([], NOW) == (None, "holds no certificate")


def test_an_authority_is_only_taken_alone() -> None:
    authority = certificate("t", KEY, authority=True)
    leaf = certificate("u", KEY, begins=-5, authority=False)
    assert newest_usable([leaf, authority], NOW)[0] == leaf
    assert newest_usable([authority], NOW)[0] == authority


PLAIN = MAY["RSA without keyUsage"].public_bytes(Encoding.DER)
LONG = certificate("kommune.example", KEY, ends=365 * 3000).public_bytes(Encoding.DER)
ODD = {
    "unknown version": PLAIN.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1),
    "ends in the year 0": re.sub(rb"(\x18\x0f)\d{4}", rb"\g<1>0000", LONG, count=1),
}


def test_the_library_reads_some_and_fails_when_it_is_asked() -> None:
    """An exception of its own, which is no ValueError; and a date that Python has not."""
    with pytest.raises(x509.InvalidVersion):
        x509.load_der_x509_certificate(ODD["unknown version"])
    read = x509.load_der_x509_certificate(ODD["ends in the year 0"])
    with pytest.raises(ValueError, match="year 0"):
        _ = read.not_valid_after_utc


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_odd_certificate_is_unreadable_wherever_one_is_read(tmp_path: Path, odd: bytes) -> None:
    file = tmp_path / "kommune.example.pem"
    file.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + encodebytes(odd) + b"-----END CERTIFICATE-----\n")
    with pytest.raises(ValueError, match="damaged"):
        load_der(odd)
    for read in (read_pem, read_certificates):
        with pytest.raises(ValueError, match="no certificate in PEM"):
            read(file)
    found = TunnelDirectory(tmp_path, lambda _file, _why: None).find("kommune.example", NOW.timestamp())
    assert found is not None
    assert "no certificate in PEM or DER form" in found.reason
    assert math.isnan(first_end_of_partners(tmp_path))
    entry = Entry("kommune.example", (b64encode(odd).decode(),))
    assert entry.usable(NOW) == (None, "a certificate is damaged or of an unknown kind")
    for selector in (0, 1):
        record = Tlsa(Usage.DANE_TA, Selector(selector), Matching.SHA256, bytes(32))
        assert not matches(record, [odd, odd])
