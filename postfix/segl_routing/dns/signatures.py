"""One signature of DNSSEC, and the keys it may be by (RFC 4034 §3, RFC 4035 §5.3).

A zone's keys are believed when one of them is named by what is believed already, a DS record of the parent or
a trust anchor, and signs them all. Each signature tried is counted (:class:`Work`): keys and signatures in an
answer are a stranger's, and every pair of them with the same tag has to be tried (KeyTrap, CVE-2023-50387).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zonefile

from segl_routing.dns.resolver import DnsUnsure, unsure

MAX_SIGNATURES = 48  # tried, for one look-up
MAX_QUERIES = 40  # asked besides it
MAX_KEYS = 32  # of a zone
MAX_DS = 8  # of a zone

# The root's key-signing keys of 2017 and 2024, as hashes (DS).
# https://data.iana.org/root-anchors/root-anchors.xml
IANA_ROOT = """\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
"""

DS, DNSKEY, RRSIG = dns.rdatatype.DS, dns.rdatatype.DNSKEY, dns.rdatatype.RRSIG


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone whose keys are known to be its own."""

    name: dns.name.Name
    keys: tuple[Any, ...]


@dataclass(slots=True)
class Work:
    """What one look-up has cost so far, and the least time to live met."""

    what: DnsUnsure
    signatures: int = MAX_SIGNATURES
    queries: int = MAX_QUERIES
    ttl: float = field(default=float("inf"))

    def sign(self) -> None:
        self.signatures -= 1
        if self.signatures < 0:
            raise self.what

    def ask(self) -> None:
        self.queries -= 1
        if self.queries < 0:
            raise self.what


def load_anchors(file: Path | None) -> tuple[Any, ...]:
    """The root's DS or DNSKEY records in *file* (zone file form), or IANA's. Raises :class:`OSError`, and
    :class:`ValueError` when the file holds none."""
    text = IANA_ROOT if file is None else file.read_text("ascii", "replace")
    try:
        found = dns.zonefile.read_rrsets(text, default_ttl=0, rdclass=None, origin=dns.name.root)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(f"{file} is no list of DS or DNSKEY records: {error}") from None
    anchors = tuple(
        record
        for rrset in found
        if rrset.name == dns.name.root and rrset.rdtype in (DS, DNSKEY)
        for record in rrset
    )
    if not anchors:
        raise ValueError(f"{file} holds no DS or DNSKEY record of the root")
    return anchors


def with_keys(
    name: dns.name.Name, anchors: Sequence[Any], message: dns.message.QueryMessage, work: Work, now: float
) -> Zone:
    """The zone *name* with the keys in *message*, which one of those that *anchors* name must have signed."""
    rrset = next((r for r in message.answer if r.name == name and r.rdtype == DNSKEY), None)
    if rrset is None:
        raise unsure(name, DNSKEY, "a signed zone shows no keys")
    if len(rrset) > MAX_KEYS or len(anchors) > MAX_DS:
        raise unsure(name, DNSKEY, "too many keys to check")
    entries = tuple(key for key in rrset if any(_names(anchor, key, name) for anchor in anchors))
    if not entries:
        raise unsure(name, DNSKEY, "none of its keys is the one its parent names")
    verify(rrset, signatures_of(message.answer, rrset), Zone(name, entries), work, now)
    return Zone(name, tuple(rrset))


def verify(rrset: dns.rrset.RRset, signatures: Sequence[Any], zone: Zone, work: Work, now: float) -> Any:
    """The signature by *zone* that holds for *rrset*. Raises :class:`DnsUnsure` when none does."""
    for signature, key in _pairs(rrset, signatures, zone):
        work.sign()
        keys: dict[dns.name.Name, Any] = {zone.name: dns.rdataset.from_rdata(0, key)}
        try:
            dns.dnssec.validate_rrsig(rrset, signature, keys, now=now)
        except (dns.exception.DNSException, ValueError):
            continue
        work.ttl = min(work.ttl, rrset.ttl, signature.original_ttl, signature.expiration - now)
        return signature
    why = "the signatures do not hold" if signatures else "signatures are missing in a signed zone"
    raise unsure(rrset.name, rrset.rdtype, why)


def labels_of(name: dns.name.Name) -> int:
    """As RRSIG counts them: without the root, and without the star of a wildcard (RFC 4034 §3.1.3)."""
    return len(name) - (2 if name.is_wild() else 1)


def signatures_of(section: Sequence[dns.rrset.RRset], rrset: dns.rrset.RRset) -> tuple[Any, ...]:
    return tuple(
        record
        for other in section
        if other.name == rrset.name and other.rdtype == RRSIG and other.covers == rrset.rdtype
        for record in other
    )


def _pairs(rrset: dns.rrset.RRset, signatures: Sequence[Any], zone: Zone) -> Iterator[tuple[Any, Any]]:
    """Each signature that claims to be *zone*'s with each key it may have been made by."""
    if not rrset.name.is_subdomain(zone.name):
        return
    for signature in signatures:
        if signature.signer != zone.name or signature.labels > len(rrset.name) - 1:
            continue
        for key in zone.keys:
            if key.algorithm == signature.algorithm and dns.dnssec.key_id(key) == signature.key_tag:
                yield signature, key


def _names(anchor: Any, key: Any, zone: dns.name.Name) -> bool:
    """Whether *anchor*, a DS or a DNSKEY, means *key*."""
    if anchor.rdtype == DNSKEY:
        return bool(anchor == key)
    if anchor.key_tag != dns.dnssec.key_id(key) or anchor.algorithm != key.algorithm:
        return False
    try:
        return bool(dns.dnssec.make_ds(zone, key, anchor.digest_type, validating=True) == anchor)
    except (dns.exception.DNSException, ValueError):
        return False
