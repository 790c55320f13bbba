"""The certificates a tunnel message is encrypted to.

Where partners' certificates come from, and which of them is used, stands in :mod:`segl_routing.tunnels`, for
``segl-map`` and this process alike. Here what is missing becomes a delivery error: the recipient waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Protocol

from cryptography import x509

from segl.certificates.judgement import fingerprint
from segl.errors import NoCertificate
from segl.events import Events
from segl.settings.document import Settings
from segl_routing.tunnels import Tunnels


@dataclass(frozen=True, slots=True)
class TunnelCertificate:
    """A certificate to encrypt to, and its SHA-256 fingerprint as hex."""

    certificate: x509.Certificate
    fingerprint: str

    @classmethod
    def of(cls, certificate: x509.Certificate) -> TunnelCertificate:
        return cls(certificate, fingerprint(certificate))


class Finder(Protocol):
    """Finds the certificates to use for a domain, or for a recipient."""

    def find(self, whose: str, /) -> list[TunnelCertificate]:
        """Blocking. Raises :class:`~segl.errors.NoCertificate`."""
        ...


class CertificateDirectory:
    """Finds certificates when they are asked for; what changes on disk is seen at once."""

    def __init__(self, settings: Settings, events: Events) -> None:
        self._tunnels = Tunnels(settings, events.certificate_refused, events.tunnel_list_unreadable)
        self._lock = Lock()  # several threads deliver; while one reads a list anew, the others wait for it

    def find(self, domain: str, now: datetime | None = None) -> list[TunnelCertificate]:
        """The certificates to use for *domain* (normal form), the newest first: a partner who changes keys may
        still open with the old one. Raises :class:`NoCertificate`."""
        with self._lock:
            found = self._tunnels.find(domain, (now or datetime.now(UTC)).timestamp())
        if found is not None and found.certificates:
            return [TunnelCertificate.of(certificate) for certificate in found.certificates]
        why = f"{found.place}: {found.reason}" if found else f"{domain!r}: no file or list has a certificate"
        raise NoCertificate("no certificate to encrypt to for this domain", why)
