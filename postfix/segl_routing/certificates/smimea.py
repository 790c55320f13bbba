"""Certificates from DNS: SMIMEA records (RFC 8162), believed only where DNSSEC vouches for them.

The name is made of the address: SHA-256 over the local part, cut to 28 bytes and written as hex, then
``_smimecert`` and the domain. The record has the form of a TLSA record (RFC 6698), of which two kinds hold a
whole certificate (selector 0, matching type 0) of the recipient:

usage 3 (DANE-EE)   this is the one: the domain itself vouches for it, names and issuers do not matter
usage 1 (PKIX-EE)   this is the one, and it must lead to a trusted authority and name the address as well

Digests say nothing to whoever has no certificate yet, and records of authorities (usage 0 and 2) are not read.
The local part is asked for in lower case (A to Z), as addresses are compared everywhere here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final, Protocol

import dns.rdata
import dns.rdataclass
import dns.rdatatype

from segl.certificates.recipient import load_der
from segl.vocabulary import Known
from segl_routing.certificates.sources import Answer, Offer
from segl_routing.dns.resolver import Answer as DnsAnswer
from segl_routing.dns.resolver import DnsUnsure, Security

SMIMEA: Final = dns.rdatatype.SMIMEA
MOST_RECORDS: Final = 16
_PKIX_EE, _DANE_EE = 1, 3
_WHOLE: Final = b"\0\0"  # selector 0, matching type 0

# As with TLSA (segl_routing.proofs.tlsa): one record of the wrong length must not take the others with it.
dns.rdata._rdata_classes[(dns.rdataclass.IN, SMIMEA)] = dns.rdata.GenericRdata


class Dns(Protocol):
    """What is needed of :class:`segl_routing.dns.mx.MailDns`."""

    async def ask(self, name: str, kind: dns.rdatatype.RdataType, *, prove: bool) -> DnsAnswer: ...


def owner_name(address: str) -> str:
    """The name that is asked for (RFC 8162 §3); *address* is a mail key."""
    local, _, domain = address.rpartition("@")
    return f"{hashlib.sha256(local.encode('utf-8', 'replace')).digest()[:28].hex()}._smimecert.{domain}"


class SmimeaSource:
    """See :class:`segl_routing.certificates.sources.Source`."""

    name: Final = "smimea"

    def __init__(self, dns: Dns) -> None:
        self._dns = dns

    async def ask(self, address: str) -> Answer:
        try:
            answer = await self._dns.ask(owner_name(address), SMIMEA, prove=True)
        except DnsUnsure:
            return Answer.unknown("DNS does not answer, or its signatures do not hold")
        if answer.missing:
            return Answer(Known.NO, "has none")
        if answer.security is Security.UNCHECKED:
            return Answer(Known.NO, "has records, but the resolver passes no signatures on")
        if not answer.secure:
            return Answer(Known.NO, "has records, but its zone is not signed")
        return Answer.of(list(_offers(answer.records)), "has no record with a whole certificate")

    async def close(self) -> None:
        return


def _offers(records: Iterable[Any]) -> Iterable[Offer]:
    for record in list(records)[:MOST_RECORDS]:
        raw = bytes(record.data)
        if len(raw) < 4 or raw[0] not in (_PKIX_EE, _DANE_EE) or raw[1:3] != _WHOLE:
            continue
        try:
            certificate = load_der(raw[3:])
        except ValueError:
            continue
        own = raw[0] == _DANE_EE
        yield Offer(certificate, bound=own, vouched=own)
