"""What signed records say is *not* there: NSEC (RFC 4034 §4, RFC 4035 §5.4) and NSEC3 (RFC 5155 §8).

A zone proves an absence by a gap. Its names stand in an order, and each NSEC record says "after me comes that
name; and I myself have these types". A name between the two does not exist; a type not listed is not
there. NSEC3 does the same with hashes of the names, so that a zone cannot be read out by its gaps.
"""

from __future__ import annotations

import base64
from enum import Enum
from typing import Any

import dns.dnssec
import dns.name
import dns.rdatatype

MAX_RECORDS = 12  # of one answer are looked at
MAX_ITERATIONS = 100  # of hashing; RFC 9276 wants 0, and lets more be taken for no proof
_OPT_OUT = 1


class Unsigned(Enum):
    """A delegation to a zone for which its parent knows no keys: proven, so that nothing below can be signed."""

    UNSIGNED = "unsigned"


class Denial:
    """The denials of one answer, all signed by *zone*."""

    def __init__(self, zone: dns.name.Name) -> None:
        self._zone = zone
        self._gaps: list[tuple[dns.name.Name, Any]] = []
        self._hashed: list[tuple[str, Any]] = []

    def add(self, owner: dns.name.Name, record: Any) -> None:
        """Take up a record whose signature holds. What is too dear or of a form unknown is left out."""
        if not owner.is_subdomain(self._zone):
            return
        if record.rdtype == dns.rdatatype.NSEC:
            self._gaps.append((owner, record))
        elif record.algorithm == 1 and record.iterations <= MAX_ITERATIONS and owner.parent() == self._zone:
            self._hashed.append((owner[0].decode("ascii", "replace").upper(), record))

    def of_type(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> bool:
        """Whether *name* is there without *kind*, and without an alias that might have it."""
        for owner, record in self._gaps:
            if owner == name:
                return _lacks(record, kind, dns.rdatatype.CNAME) and not _delegates(record)
            if record.next.is_subdomain(name) and _between(owner, record.next, name, self._zone):
                return True  # no records of its own, only names below it
        matching = self._matching(name)
        return (
            matching is not None and _lacks(matching, kind, dns.rdatatype.CNAME) and not _delegates(matching)
        )

    def of_name(self, name: dns.name.Name) -> bool:
        """Whether neither *name* is there nor a wildcard that would stand for it."""
        for owner, record in self._gaps:
            if self._in_gap(owner, record, name):
                closest = max((owner, record.next), key=lambda n: _common(n, name))
                encloser = name.split(_common(closest, name))[1]
                return self._absent(dns.name.Name((b"*", *encloser.labels)))
        above = self._closest_encloser(name)
        if above is None or above == name:
            return False
        closer = name.split(len(above) + 1)[1]
        covering = self._covering(closer)
        return (
            covering is not None
            and not covering.flags & _OPT_OUT
            and self._covering(dns.name.Name((b"*", *above.labels))) is not None
        )

    def covers(self, name: dns.name.Name) -> bool:
        """Whether *name* itself is not there, whatever a wildcard would say for it."""
        covering = self._covering(name)
        return self._absent(name) or (covering is not None and not covering.flags & _OPT_OUT)

    def of_keys(self, name: dns.name.Name) -> Unsigned | None:
        """Whether *name* is delegated without keys (no DS). A gap that may hold such delegations (opt-out) is
        proof as well: nothing in it is signed."""
        found = next((record for owner, record in self._gaps if owner == name), None) or self._matching(name)
        if found is not None:
            return Unsigned.UNSIGNED if _delegates(found) and _lacks(found, dns.rdatatype.DS) else None
        covering = self._covering(name)
        return Unsigned.UNSIGNED if covering is not None and covering.flags & _OPT_OUT else None

    def _absent(self, name: dns.name.Name) -> bool:
        return any(self._in_gap(owner, record, name) for owner, record in self._gaps)

    def _in_gap(self, owner: dns.name.Name, record: Any, name: dns.name.Name) -> bool:
        if record.next.is_subdomain(name):  # the name is there, with nothing of its own
            return False
        if name.is_subdomain(owner) and (_delegates(record) or not _lacks(record, dns.rdatatype.DNAME)):
            return False  # what is below a cut is for the other zone to say
        return _between(owner, record.next, name, self._zone)

    def _matching(self, name: dns.name.Name) -> Any:
        return next((r for owner, r in self._hashed if owner == _hash(name, r)), None)

    def _covering(self, name: dns.name.Name) -> Any:
        return next((r for owner, r in self._hashed if _hash_between(owner, r, _hash(name, r))), None)

    def _closest_encloser(self, name: dns.name.Name) -> dns.name.Name | None:
        for depth in range(len(name), len(self._zone) - 1, -1):
            candidate = name.split(depth)[1]
            found = self._matching(candidate)
            if found is not None:
                return None if _delegates(found) or not _lacks(found, dns.rdatatype.DNAME) else candidate
        return None


def _between(owner: dns.name.Name, after: dns.name.Name, name: dns.name.Name, zone: dns.name.Name) -> bool:
    """Whether *name* of *zone* lies in the gap; the last one ends at the zone's own name."""
    if not name.is_subdomain(zone):
        return False
    return bool(owner < name and (name < after or after == zone))


def _hash(name: dns.name.Name, record: Any) -> str:
    return dns.dnssec.nsec3_hash(name, record.salt, record.iterations, record.algorithm)


def _hash_between(owner: str, record: Any, hashed: str) -> bool:
    after = base64.b32hexencode(record.next).decode("ascii")
    if owner < after:
        return owner < hashed < after
    return hashed > owner or hashed < after


def _common(one: dns.name.Name, other: dns.name.Name) -> int:
    """How many labels, from the right, two names share."""
    return one.fullcompare(other)[2]


def _lacks(record: Any, *kinds: dns.rdatatype.RdataType) -> bool:
    return not any(_has(record, kind) for kind in kinds)


def _delegates(record: Any) -> bool:
    """Whether it is a zone cut seen from above: name servers, but no start of authority."""
    return _has(record, dns.rdatatype.NS) and not _has(record, dns.rdatatype.SOA)


def _has(record: Any, kind: dns.rdatatype.RdataType) -> bool:
    window, place = divmod(int(kind), 256)
    for number, bits in record.windows:
        if number == window:
            return place // 8 < len(bits) and bool(bits[place // 8] & (0x80 >> place % 8))
    return False
