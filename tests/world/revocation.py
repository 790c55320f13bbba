"""What an authority says of its certificates, asked over real HTTP of what a test publishes."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable

from cryptography import x509

from segl.certificates.records import Revocation
from segl.certificates.revoked import RevokedCertificates
from segl_routing.certificates.fetch import fetcher
from segl_routing.certificates.revocation import RevocationChecks
from segl_routing.certificates.standing import RevocationStanding
from world.authority import Authority, Issued

GOOD, REVOKED, UNKNOWN = Revocation.GOOD, Revocation.REVOKED, Revocation.UNKNOWN
CA = Authority("Udstedende CA")
OTHER = Authority("Udstedende CA")  # the same name, another key


def checks(
    seconds: float = 5.0,
    clock: Callable[[], datetime.datetime] | None = None,
    kept: RevokedCertificates | None = None,
) -> RevocationChecks:
    return RevocationChecks(fetcher(seconds), clock or (lambda: datetime.datetime.now(datetime.UTC)), kept)


def standing(
    one: Issued, asked: RevocationChecks | None = None, chain: tuple[x509.Certificate, ...] = ()
) -> RevocationStanding:
    whole = chain or (one.certificate, CA.certificate)
    return asyncio.run((asked or checks()).standing(whole))


def scope(**given: object) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    usual: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return ((x509.IssuingDistributionPoint(**{**usual, **given}), True),)  # type: ignore[arg-type]
