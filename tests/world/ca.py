"""A certificate authority for tests: a root, and certificates good and bad.

    ca = TestCA(directory)
    good = ca.issue(["mx1.kommune.example"])
    old = ca.issue(["mx1.kommune.example"], expired=True)
    own = ca.issue(["mx1.kommune.example"], self_signed=True)

``ca.file`` is what a client names as trusted (``tls_ca_file``, ``smtp_tls_CAfile``).
"""

from __future__ import annotations

import datetime
import ipaddress
import itertools
import ssl
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_PURPOSES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key as PEM files. ``cert`` ends with the chain, the root left out."""

    cert: Path
    key: Path
    sha256: str

    def server_context(self, *, only: ssl.TLSVersion | None = None) -> ssl.SSLContext:
        """A server's TLS context. *only* forces one version; TLS 1.0 and 1.1 are made possible for it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        if only is not None:
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # the old versions are the point here
                context.minimum_version = context.maximum_version = only
        return context


class TestCA:
    """A root of its own, kept in *directory*; the same directory gives the same root again."""

    __test__: ClassVar[bool] = False  # pytest: the name is no promise of tests

    def __init__(self, directory: Path, name: str = "Segl test root") -> None:
        self.directory = directory
        self.file = directory / "ca.pem"
        self._numbers = itertools.count(1)
        directory.mkdir(parents=True, exist_ok=True)
        key_file = directory / "ca.key"
        if self.file.exists() and key_file.exists():
            self._certificate = x509.load_pem_x509_certificate(self.file.read_bytes())
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
            assert isinstance(key, PrivateKey)
            self._key: PrivateKey = key
            return
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._root(name)
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(key_file, self._key)

    def issue(
        self,
        names: Sequence[str],
        *,
        days: int = 90,
        self_signed: bool = False,
        expired: bool = False,
        early: bool = False,
        key: Literal["ec", "rsa"] = "ec",
        purposes: Sequence[x509.ObjectIdentifier] = _PURPOSES,
    ) -> Certificate:
        """A certificate for *names* (hosts, ``*.hosts``, IP addresses, mail addresses), valid for *days*.

        ``self_signed`` has no chain to the root; ``expired`` ended yesterday; ``early`` begins tomorrow; *purposes* are
        the extended key usage (none: no such extension).
        """
        private: PrivateKey = (
            ec.generate_private_key(ec.SECP256R1())
            if key == "ec"
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )
        now = datetime.datetime.now(datetime.UTC)
        end = now - datetime.timedelta(days=1) if expired else now + datetime.timedelta(days=days)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else self._certificate.subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(
                now + datetime.timedelta(days=1) if early else min(now, end) - datetime.timedelta(days=days)
            )
            .not_valid_after(end)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        )
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
        if not self_signed:
            builder = builder.add_extension(self._authority_key_identifier(), critical=False)
        certificate = builder.sign(private if self_signed else self._key, hashes.SHA256())
        return self._save(names[0], certificate, private)

    def _root(self, name: str) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=400))
            .not_valid_after(now + datetime.timedelta(days=400))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_cert_sign=True,
                    crl_sign=True,
                    encipher_only=False,
                    decipher_only=False,
                    **usage,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _authority_key_identifier(self) -> x509.AuthorityKeyIdentifier:
        own = self._certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)

    def _save(self, name: str, certificate: x509.Certificate, private: PrivateKey) -> Certificate:
        stem = f"{next(self._numbers):03d}-{name.replace('*', 'any').replace('/', '_')}"
        cert_file, key_file = self.directory / f"{stem}.pem", self.directory / f"{stem}.key"
        cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        _write_key(key_file, private)
        return Certificate(cert_file, key_file, certificate.fingerprint(hashes.SHA256()).hex())


def _general_name(name: str) -> x509.GeneralName:
    if "@" in name:
        return x509.RFC822Name(name)
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_key(file: Path, key: PrivateKey) -> None:
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    file.chmod(0o600)
