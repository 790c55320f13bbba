"""Tunnel lists for tests: made, signed, and what a postmaster's settings say of them.

publisher = Publisher()
file.write_bytes(publisher.signed(listed("kommune.example", serial=2)))
terms = publisher.terms(source=str(file))
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from segl.certificates import fingerprint
from segl.settings_tunnel import ListFormat, TunnelList
from segl_delivery.cms.signed import Signer
from segl_delivery.signed_list import sign_list
from segl_routing.tunnel_list import content
from world.partners import certificate, ec_key, rsa_key, usage

NOW = datetime.now(UTC).replace(microsecond=0)


@cache
def partner(domain: str, begins: int = -1, ends: int = 90) -> x509.Certificate:
    """A certificate of *domain* that can be encrypted to; all share one key, which lists do not ask for."""
    return certificate(domain, rsa_key(), begins=begins, ends=ends, key_usage=usage(encrypt=True))


def entry(domain: str, *certificates: x509.Certificate, subdomains: bool = False) -> content.Entry:
    return content.entry_of(domain, certificates or [partner(domain)], subdomains=subdomains)


def listed(
    *domains: str | content.Entry,
    serial: int = 1,
    issued: timedelta = timedelta(hours=-1),
    expires: timedelta | None = timedelta(days=14),
) -> content.TunnelList:
    """A list of *domains*; the times count from now."""
    entries = tuple(entry(one) if isinstance(one, str) else one for one in domains)
    end = None if expires is None else NOW + expires
    return content.TunnelList(serial, NOW + issued, "Foreningen", entries, end)


class Publisher:
    """Who signs lists."""

    def __init__(
        self, name: str = "Foreningen", number: int = 1, *, begins: int = -1, ends: int = 900
    ) -> None:
        self.key = ec_key(ec.SECP256R1, number)
        self.certificate = certificate(name, self.key, begins=begins, ends=ends)

    @property
    def pin(self) -> str:
        return fingerprint(self.certificate)

    def signed(self, what: content.TunnelList | bytes) -> bytes:
        written = what if isinstance(what, bytes) else content.write_list(what)
        return sign_list(written, Signer(self.key, self.certificate), NOW)

    def terms(self, **values: Any) -> TunnelList:
        """The settings of a list of this publisher, named ``forening``."""
        given = {"name": "forening", "source": "/nowhere", "signers": (self.pin,), "format": ListFormat.SEGL}
        return TunnelList(**{**given, **values})
