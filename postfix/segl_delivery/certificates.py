"""The certificates of tunnel partners: ``<domain>.pem`` in one directory.

One certificate stands for a whole domain, so the binding is the file's name, given by the postmaster (or
a signed list), never an address inside the certificate. A file may hold several certificates: the old and
the new one around a change, or the chain above them. Of these, one is chosen that can be used to encrypt
now; the newest wins.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from segl.addresses import normal_domain
from segl.errors import NoCertificate
from segl.events import Events
from segl.settings import Settings
from segl.vocabulary import Way

SMALLEST_RSA: Final = 2048
LARGEST_FILE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TunnelCertificate:
    """A certificate to encrypt to, and its SHA-256 fingerprint as hex."""

    certificate: x509.Certificate
    fingerprint: str

    @classmethod
    def of(cls, certificate: x509.Certificate) -> TunnelCertificate:
        return cls(certificate, certificate.fingerprint(SHA256()).hex())


@dataclass(frozen=True, slots=True)
class _File:
    """A certificate file as read: what it was then, and its certificates or why there are none."""

    stamp: tuple[int, int, int]
    certificates: tuple[x509.Certificate, ...]
    fault: str = ""


class CertificateDirectory:
    """Reads certificates when they are asked for; a file is read again when it has changed."""

    def __init__(self, settings: Settings, events: Events) -> None:
        self._settings = settings
        self._directory = settings.delivery.certificates
        self._events = events
        self._files: dict[Path, _File] = {}

    def find(self, domain: str, now: datetime | None = None) -> TunnelCertificate:
        """The certificate to use for *domain* (normal form). Raises :class:`NoCertificate`.

        A domain without a file of its own takes that of the parent whose pin says ``way = "tunnel"`` with
        ``subdomains = true``; no other certificate is ever borrowed.
        """
        reasons: list[str] = []
        for name in self._names(domain):
            path = self._directory / f"{name}.pem"
            file = self._read(path)
            if file is None:
                reasons.append(f"{path}: there is no such file")
                continue
            chosen, why = choose(file.certificates, now or datetime.now(UTC))
            if chosen is not None:
                return TunnelCertificate.of(chosen)
            reasons.append(f"{path}: {file.fault or why}")
            self._events.certificate_refused(path, file.fault or why)
            break  # a file that is there is meant for this domain: no other takes its place
        raise NoCertificate(
            "no certificate to encrypt to for this domain", "; ".join(reasons) or f"{domain!r} is no domain"
        )

    def _names(self, domain: str) -> Iterator[str]:
        try:
            yield normal_domain(domain)  # also keeps a slash or ".." out of the path
        except ValueError:
            return
        pin = self._settings.pin(domain)
        if pin is not None and pin.way is Way.TUNNEL and pin.subdomains and pin.name != domain:
            yield pin.name

    def _read(self, path: Path) -> _File | None:
        try:
            state = path.stat()
        except OSError:
            self._files.pop(path, None)
            return None
        if not stat.S_ISREG(state.st_mode):
            return _File((0, 0, 0), (), "is no file")
        stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
        known = self._files.get(path)
        if known is None or known.stamp != stamp:
            known = _load(path, stamp)
            self._files[path] = known
        return known


def choose(certificates: tuple[x509.Certificate, ...], now: datetime) -> tuple[x509.Certificate | None, str]:
    """The newest of *certificates* that can be encrypted to at *now*, and else why each cannot."""
    usable: list[x509.Certificate] = []
    reasons: list[str] = []
    leaves = [certificate for certificate in certificates if not _is_authority(certificate)]
    for certificate in leaves or certificates:  # a self-signed domain certificate is often its own authority
        if fault := unusable(certificate, now):
            reasons.append(fault)
        else:
            usable.append(certificate)
    if not usable:
        return None, ", ".join(dict.fromkeys(reasons)) or "holds no certificate"
    return max(usable, key=lambda certificate: certificate.not_valid_before_utc), ""


def unusable(certificate: x509.Certificate, now: datetime) -> str:
    """Why *certificate* cannot be encrypted to at *now*; ``""`` when it can."""
    try:
        key = certificate.public_key()
        usage = _key_usage(certificate)
    except (ValueError, UnsupportedAlgorithm):
        return "the certificate is damaged or of an unknown kind"
    if now < certificate.not_valid_before_utc:
        return f"not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    if now > certificate.not_valid_after_utc:
        return f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if not isinstance(key, RSAPublicKey):
        return "the key is not RSA"
    if key.key_size < SMALLEST_RSA:
        return f"the RSA key has {key.key_size} bits, fewer than {SMALLEST_RSA}"
    if usage is not None and not usage.key_encipherment:
        return "its keyUsage does not allow encryption (keyEncipherment)"
    return ""


def _key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError, UnsupportedAlgorithm):
        return False


def _load(path: Path, stamp: tuple[int, int, int]) -> _File:
    if stamp[1] > LARGEST_FILE:
        return _File(stamp, (), f"is larger than {LARGEST_FILE} bytes")
    try:
        with path.open("rb") as file:
            return _File(stamp, tuple(x509.load_pem_x509_certificates(file.read(LARGEST_FILE))))
    except OSError as error:
        return _File(stamp, (), f"cannot be read: {error.strerror}")
    except (ValueError, UnsupportedAlgorithm):
        return _File(stamp, (), "holds no certificate in PEM form")
