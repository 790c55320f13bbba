"""Whom an X.509 certificate names: the mail addresses it is for, and the organisation or person behind it.

An address stands as ``rfc822Name`` in the subjectAltName (RFC 5280 §4.2.1.6), beyond ASCII as
``SmtpUTF8Mailbox`` (RFC 9598), and in older certificates as ``emailAddress`` in the subject (RFC 8550 §3 wants
receivers to look there too).

Danish certificates tell the rest in the subject. OCES3 (MitID Erhverv): ``organizationIdentifier`` is
``NTRDK-`` and the CVR number, ``serialNumber`` is ``UI:DK-O:G:`` and a UUID (O organisation, E employee, P
person). OCES2 (NemID): ``serialNumber`` is ``CVR:12345678-UID:…`` (UID company, FID function, RID employee) or
``PID:…`` (person).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

# those who compare certificates with addresses ask for it here
from segl.addresses import mail_key as mail_key
from segl.certificates.judgement import UNREADABLE

_UTF8_MAILBOX: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
_UTF8_STRING: Final = 0x0C
_MOST_NAMES: Final = 1000
_LONGEST: Final = 120

_SIGNS = "domain-signing-authority"
_DOMAIN_AUTHORITIES: Final = frozenset({_SIGNS, "domain-confidentiality-authority"})

_OCES3 = re.compile(r"UI:DK-(?P<kind>[OEP]):G:[0-9A-Fa-f-]{36}")
_OCES3_CVR = re.compile(r"NTRDK-(?P<cvr>[0-9]{8})")
_OCES2 = re.compile(r"CVR:(?P<cvr>[0-9]{8})-(?P<kind>[UFR]ID):[0-9A-Za-z.-]{1,40}")
_OCES2_PERSON = re.compile(r"PID:[0-9-]{4,40}")


class HolderKind(StrEnum):
    """Who holds a Danish certificate."""

    ORGANISATION = "organisation"
    FUNCTION = "function"
    EMPLOYEE = "employee"
    PERSON = "person"
    OTHER = "other"  # no OCES certificate


_KINDS: Final = {
    "O": HolderKind.ORGANISATION,
    "E": HolderKind.EMPLOYEE,
    "P": HolderKind.PERSON,
    "UID": HolderKind.ORGANISATION,
    "FID": HolderKind.FUNCTION,
    "RID": HolderKind.EMPLOYEE,
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a certificate, as far as its subject says so; what is not said is ``""``.

    ``scheme`` is ``OCES2``, ``OCES3`` or ``""``. Texts are printable and short, and come from a stranger.
    """

    kind: HolderKind
    name: str = ""
    organisation: str = ""
    cvr: str = ""
    scheme: str = ""

    def __str__(self) -> str:
        names = dict.fromkeys(filter(None, (self.name, self.organisation)))
        told = " ".join(filter(None, (self.scheme, self.kind if self.scheme else "")))
        cvr = f"CVR {self.cvr}" if self.cvr else ""
        return ", ".join(filter(None, (*names, cvr, told))) or "unnamed"

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "organisation": self.organisation,
            "cvr": self.cvr,
            "kind": self.kind.value,
            "scheme": self.scheme,
        }


def addresses_of(certificate: x509.Certificate) -> frozenset[str]:
    """Every mail address the certificate is for, as :func:`mail_key` gives them."""
    return frozenset(filter(None, map(mail_key, _addresses(certificate))))


def domain_authorities_of(certificate: x509.Certificate) -> frozenset[str]:
    """The domains for which the certificate speaks as a whole: those that it names by an authority's address (RFC
    3183 §3.1.1, ``domain-signing-authority@x.dk``, ``domain-confidentiality-authority@x.dk``)."""
    named = (address.rpartition("@") for address in addresses_of(certificate))
    return frozenset(domain for local, _, domain in named if local in _DOMAIN_AUTHORITIES)


def signs_for(certificate: x509.Certificate, domain: str) -> bool:
    """Whether its holder may sign for all of *domain* by what the certificate itself says: by the name of the signing
    authority (RFC 3183 §3.1.1), and only where it was given to an organisation. Public authorities look at nothing but
    who reads a mailbox, and at many domains anybody may choose such a name."""
    organisation = holder_of(certificate).kind in (HolderKind.ORGANISATION, HolderKind.FUNCTION)
    return organisation and f"{_SIGNS}@{domain}" in addresses_of(certificate)


def _addresses(certificate: x509.Certificate) -> Iterator[str]:
    named = False
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        pass  # none, or one that cannot be read: the subject may still name an address
    else:
        for name in list(names)[:_MOST_NAMES]:
            if isinstance(name, x509.RFC822Name):
                named = True
                yield name.value
            elif isinstance(name, x509.OtherName) and name.type_id == _UTF8_MAILBOX:
                address = _utf8_string(name.value)
                named = named or bool(address)
                if not address.rpartition("@")[0].isascii():  # RFC 9598 §3: else it would be an rfc822Name
                    yield address
    if not named:  # where both stand, only what authorities' constraints are held against counts
        yield from _attributes(certificate, NameOID.EMAIL_ADDRESS)[:_MOST_NAMES]


def _utf8_string(der: bytes) -> str:
    """A DER UTF8String of up to 320 characters; ``""`` for anything else."""
    if len(der) < 2 or der[0] != _UTF8_STRING:
        return ""
    length, start = der[1], 2
    if length & 0x80:
        octets = length & 0x7F
        length, start = int.from_bytes(der[2 : 2 + octets], "big"), 2 + octets
    if start + length != len(der) or length > 1280:
        return ""
    try:
        return der[start:].decode("utf-8")
    except UnicodeDecodeError:
        return ""


def holder_of(certificate: x509.Certificate) -> Holder:
    """Who holds *certificate*. Never raises: a subject that cannot be read names nobody."""
    name = _shown(_attributes(certificate, NameOID.COMMON_NAME))
    organisation = _shown(_attributes(certificate, NameOID.ORGANIZATION_NAME))
    serial = next(iter(_attributes(certificate, NameOID.SERIAL_NUMBER)), "")
    identifier = next(iter(_attributes(certificate, NameOID.ORGANIZATION_IDENTIFIER)), "")
    cvr = found["cvr"] if (found := _OCES3_CVR.fullmatch(identifier)) else ""
    if found := _OCES3.fullmatch(serial):
        return Holder(_KINDS[found["kind"]], name, organisation, cvr, "OCES3")
    if found := _OCES2.fullmatch(serial):
        organisation = organisation.partition(" // CVR:")[0]  # OCES2 writes it into the name as well
        return Holder(_KINDS[found["kind"]], name, organisation, found["cvr"], "OCES2")
    if _OCES2_PERSON.fullmatch(serial):
        return Holder(HolderKind.PERSON, name, "", "", "OCES2")
    return Holder(HolderKind.OTHER, name, organisation, cvr)


def _attributes(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> list[str]:
    try:
        attributes = certificate.subject.get_attributes_for_oid(kind)
    except UNREADABLE:
        return []
    return [attribute.value for attribute in attributes if isinstance(attribute.value, str)]


def _shown(values: list[str]) -> str:
    text = next(iter(values), "")[:_LONGEST]
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
