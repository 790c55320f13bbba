"""Tunnel partners: keys, certificates good and bad, and ``openssl cms`` as the software at the other end.

partner = Partner.new(directory, "kommune.example")
assert partner.decrypt(message) == entity
"""

from __future__ import annotations

import datetime
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID

type_of_key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
DAY = datetime.timedelta(days=1)
_KEYS = Path(__file__).parents[2] / ".pytest_cache" / "keys"


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """A key, made once a checkout for each *bits* and *number*: to look for its primes takes a tenth of a second and
    more, and every worker of every run imports those that want one."""
    file = _KEYS / f"rsa-{bits}-{number}.der"
    with suppress(OSError, ValueError):
        kept = load_der_private_key(file.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(kept, rsa.RSAPrivateKey)
        return kept
    key = rsa.generate_private_key(65537, bits)
    with suppress(OSError):  # a checkout of somebody else's
        _KEYS.mkdir(parents=True, exist_ok=True)
        made = _KEYS / f"{file.name}.{os.getpid()}"
        made.write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        made.rename(file)
    return key


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1, number: int = 0) -> ec.EllipticCurvePrivateKey:
    """A key, made once a run for each *curve* and *number*."""
    return ec.generate_private_key(curve())


def usage(*, encrypt: bool = False, agree: bool = False, sign: bool = False) -> x509.KeyUsage:
    """A keyUsage: for encryption (keyEncipherment), for agreement on a key, for signatures."""
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=encrypt,
        data_encipherment=False,
        key_agreement=agree,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def certificate(
    name: str,
    key: type_of_key,
    *,
    begins: int = -1,
    ends: int = 30,
    key_usage: x509.KeyUsage | None = None,
    authority: bool | None = None,
    key_id: bool = False,
    serial: int | None = None,
) -> x509.Certificate:
    """A self-signed certificate valid from *begins* to *ends*, in days from now."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now + begins * DAY)
        .not_valid_after(now + ends * DAY)
    )
    if key_usage is not None:
        builder = builder.add_extension(key_usage, critical=True)
    if authority is not None:
        builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
    if key_id:
        named = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = builder.add_extension(named, critical=False)
    return builder.sign(key, _digest_for(key))


def _digest_for(key: type_of_key) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """One as strong as the key: some programs take no other."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, rsa.RSAPrivateKey) or key.key_size <= 256:
        return hashes.SHA256()
    return hashes.SHA384() if key.key_size <= 384 else hashes.SHA512()


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(entry.public_bytes(serialization.Encoding.PEM) for entry in certificates)


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation with a tunnel certificate in *directory*, and its key."""

    domain: str
    certificate: x509.Certificate
    file: Path
    key_file: Path

    @classmethod
    def new(cls, directory: Path, domain: str, keys: Path, key: type_of_key | None = None) -> Self:
        """Writes ``<domain>.pem`` to *directory* and the key (RSA-2048 unless given) to *keys*."""
        key = key or rsa_key()
        curve = isinstance(key, ec.EllipticCurvePrivateKey)
        made = certificate(domain, key, key_usage=usage(encrypt=not curve, agree=curve))
        file, key_file = directory / f"{domain}.pem", keys / f"{domain}.key"
        file.write_bytes(pem(made))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return cls(domain, made, file, key_file)

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def decrypt(self, message: bytes) -> bytes:
        """What ``openssl cms`` finds inside the S/MIME *message*. Fails when it finds nothing."""
        command = ["openssl", "cms", "-decrypt", "-binary", "-inkey", str(self.key_file)]
        done = subprocess.run(command, input=message, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


def describe(message: bytes) -> str:
    """The CMS structure as ``openssl cms -cmsout -print`` shows it."""
    command = ["openssl", "cms", "-cmsout", "-print", "-noout"]
    done = subprocess.run(command, input=message, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")
