"""TLSA records: which certificate a mail host will show, said by DNS (RFC 6698, RFC 7671, RFC 7672 §3).

``_25._tcp.mx.kommune.example. TLSA 3 1 1 2bb183af…`` reads: *usage* 3, the host's own certificate (DANE-EE), of
which the *selector* 1 takes the public key, compared by *matching type* 1, as SHA-256. For SMTP:

usage 3 (DANE-EE)    the host's own certificate is the one; names, dates and issuers do not matter
usage 2 (DANE-TA)    an authority above it is the one; the host's certificate must chain to it and bear the name
usage 0 and 1 (PKIX) unusable: nobody has agreed on which authorities would be trusted (RFC 7672 §3.1.3)

Records that are unusable say nothing about a certificate. A set of nothing else is no proof.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import dns.rdata
import dns.rdataclass
import dns.rdatatype
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from segl.certificates.judgement import UNREADABLE, load_certificate

MAX_RECORDS = 64  # of one host; what is more is not read
MAX_CHAIN = 10  # certificates of a chain; what is more is not read


class Usage(IntEnum):
    """The usages that SMTP knows."""

    DANE_TA = 2
    DANE_EE = 3


class Selector(IntEnum):
    CERTIFICATE = 0
    PUBLIC_KEY = 1


class Matching(IntEnum):
    FULL = 0
    SHA256 = 1
    SHA512 = 2


# dnspython drops a whole answer for one record whose digest has the wrong length. Such a record is no more than
# unusable, and takes nothing from the good ones beside it: so they are read here, as bytes.
dns.rdata._rdata_classes[(dns.rdataclass.IN, dns.rdatatype.TLSA)] = dns.rdata.GenericRdata

_DIGESTS: dict[Matching, Callable[[bytes], bytes]] = {
    Matching.SHA256: lambda data: hashlib.sha256(data).digest(),
    Matching.SHA512: lambda data: hashlib.sha512(data).digest(),
}
_LENGTHS = {Matching.SHA256: 32, Matching.SHA512: 64}


@dataclass(frozen=True, slots=True, order=True)
class Tlsa:
    """One usable record."""

    usage: Usage
    selector: Selector
    matching: Matching
    data: bytes

    def __str__(self) -> str:
        shown = self.data.hex() if self.matching in _LENGTHS else f"({len(self.data)} bytes)"
        return f"{self.usage:d} {self.selector:d} {self.matching:d} {shown}"


def usable(records: Iterable[Any]) -> tuple[Tlsa, ...]:
    """The usable ones of dnspython's TLSA *records*, in a fixed order.

    Of several digests of one kind only the strongest counts (RFC 7671 §9): a host that renews its key may
    leave a record of the weaker sort behind.
    """
    read = (_read(record.to_digestable()) for record in list(records)[:MAX_RECORDS])
    found = {tlsa for tlsa in read if tlsa is not None}
    strongest: dict[tuple[Usage, Selector], Matching] = {}
    for tlsa in found:
        kind = (tlsa.usage, tlsa.selector)
        strongest[kind] = max(strongest.get(kind, Matching.FULL), tlsa.matching)
    return tuple(
        sorted(
            tlsa for tlsa in found if tlsa.matching in (Matching.FULL, strongest[(tlsa.usage, tlsa.selector)])
        )
    )


def _read(wire: bytes) -> Tlsa | None:
    """The record as it is on the wire (RFC 6698 §2.1)."""
    try:
        usage, selector, matching = wire[:3]
        tlsa = Tlsa(Usage(usage), Selector(selector), Matching(matching), wire[3:])
    except ValueError:
        return None
    if tlsa.matching in _LENGTHS:
        return tlsa if len(tlsa.data) == _LENGTHS[tlsa.matching] else None
    try:
        if tlsa.selector is Selector.CERTIFICATE:
            x509.load_der_x509_certificate(tlsa.data).public_key()
        else:
            load_der_public_key(tlsa.data)
    except (TypeError, *UNREADABLE):
        return None
    return tlsa


def matches(record: Tlsa, chain: Sequence[bytes]) -> bool:
    """Whether a host that shows *chain* (DER, its own certificate first) shows what *record* says.

    DANE-EE looks at the first certificate alone. DANE-TA looks at those above it, and demands that the first
    was issued by them in turn: anybody can append somebody else's authority to a chain. Names and dates,
    which count for DANE-TA, are :func:`proves`'.
    """
    if record.usage is Usage.DANE_EE:
        return bool(chain) and _is(record, chain[0])
    return _anchored(record, chain) is not None


def proves(
    records: Iterable[Tlsa], chain: Sequence[bytes], names: Sequence[str], now: datetime.datetime
) -> bool:
    """Whether *chain* is what one of *records* promises, as RFC 7672 §3.2 has it checked.

    *names*: what a certificate under DANE-TA may be for, the TLSA base domain and the next hop's (§3.2.2).
    """
    for record in records:
        if record.usage is Usage.DANE_EE:
            if matches(record, chain):
                return True
        elif (path := _anchored(record, chain)) is not None and _valid(path, names, now):
            return True
    return False


def _is(record: Tlsa, certificate: bytes) -> bool:
    data = certificate
    if record.selector is Selector.PUBLIC_KEY:
        try:
            key = x509.load_der_x509_certificate(certificate).public_key()
            data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (TypeError, *UNREADABLE):
            return False
    digest = _DIGESTS.get(record.matching)
    return (digest(data) if digest else data) == record.data


def _anchored(record: Tlsa, chain: Sequence[bytes]) -> list[x509.Certificate] | None:
    """The chain from the host's certificate up to the one *record* names, each issued by the next."""
    if not chain:
        return None
    offered = list(chain[:MAX_CHAIN])
    if record.matching is Matching.FULL and record.selector is Selector.CERTIFICATE:
        offered.append(record.data)  # the record holds the authority itself: the host need not send it
    try:
        path = [load_certificate(offered[0])]
        for certificate in offered[1:]:
            above = load_certificate(certificate)
            # A certificate that issued itself is not above itself.
            if above == path[-1] or not _issued(path[-1], above):
                continue
            path.append(above)
            if _is(record, certificate):
                return path
    except (TypeError, *UNREADABLE):
        return None
    return None


def _issued(certificate: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        constraints = by.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(by)
    except (x509.ExtensionNotFound, InvalidSignature, TypeError, *UNREADABLE):
        return False
    return constraints.ca


def _valid(path: Sequence[x509.Certificate], names: Sequence[str], now: datetime.datetime) -> bool:
    """Dates of all, and the name of the first."""
    if not all(c.not_valid_before_utc <= now <= c.not_valid_after_utc for c in path):
        return False
    try:
        found = path[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        borne = found.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return any(_bears(pattern.lower(), name.lower()) for pattern in borne for name in names)


def _bears(pattern: str, name: str) -> bool:
    if pattern.startswith("*."):  # one whole label (RFC 6125 §6.4.3)
        return name.partition(".")[2] == pattern[2:]
    return pattern == name
