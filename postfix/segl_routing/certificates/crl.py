"""Certificate revocation lists (RFC 5280 §5): what a list says of one certificate.

A list is signed by the authority and names every certificate it has taken back, by serial number. It holds
from thisUpdate to nextUpdate. Not every list speaks of every certificate: its issuingDistributionPoint may
confine it to authorities, to some reasons, or to the certificates that name the same place. Delta lists and
lists of other issuers (indirect ones) are not read; what they would say is "unknown".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from cryptography import x509

from segl.certificates.judgement import UNREADABLE, is_authority, key_usage
from segl.certificates.records import Revocation
from segl_routing.certificates.standing import RevocationStanding, is_current, is_signed, utc

LARGEST: Final = 16 * 1024 * 1024
MOST_PLACES: Final = 4  # of one certificate: all of them are asked before the answer is "unknown"
_READ: Final = (x509.CRLNumber, x509.AuthorityKeyIdentifier, x509.IssuingDistributionPoint)


def places_of(certificate: x509.Certificate) -> list[str]:
    """The HTTP addresses of the lists that speak of *certificate*, in its order."""
    return [uri for uri in _uris(_points(certificate)) if uri.lower().startswith("http://")][:MOST_PLACES]


def standing_in(
    crl: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    now: datetime,
) -> RevocationStanding:
    """What *crl* says at *now* of *certificate*, which *issuer* issued."""
    try:
        fault = _fault(crl, certificate, issuer, now)
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    except (TypeError, *UNREADABLE):
        fault, entry = "the revocation list is damaged", None
    if fault:
        return RevocationStanding.unknown(fault)
    until, said_at = crl.next_update_utc, crl.last_update_utc
    if entry is not None:
        when = f"{entry.revocation_date_utc:%Y-%m-%d}"
        reason = f"revoked on {when} (revocation list)"
        return RevocationStanding(Revocation.REVOKED, reason, until, said_at=said_at)
    reason = "not on the authority's revocation list"
    return RevocationStanding(Revocation.GOOD, reason, until, said_at=said_at)


def supersedes(
    new: x509.CertificateRevocationList,
    known: x509.CertificateRevocationList,
    issuer: x509.Certificate,
    now: datetime,
) -> bool:
    """Whether *new*, fetched from the same place, takes the place of *known* as *issuer*'s word at *now*: else whoever
    sends an old list, which is still signed and dated, takes a revocation back. *known* holds its place while it says
    anything."""
    try:
        if _list_fault(known, issuer, now):
            return True
    except (TypeError, *UNREADABLE):
        return True
    try:
        if _list_fault(new, issuer, now):
            return False
        # Each has numbers of its own; one of all certificates may follow one of some.
        if _scope(new) != _scope(known):
            return _scope(new) is None and new.last_update_utc >= known.last_update_utc
        return not _is_older(new, known)
    except (TypeError, *UNREADABLE):
        return False


def _is_older(new: x509.CertificateRevocationList, known: x509.CertificateRevocationList) -> bool:
    """By the number (RFC 5280 §5.2.3), but a lower one that came out later was counted anew; without, by the date."""
    ours, theirs = _number(known), _number(new)
    if ours is None or theirs is None or ours == theirs:
        return new.last_update_utc < known.last_update_utc
    return theirs < ours and new.last_update_utc <= known.last_update_utc


def _number(crl: x509.CertificateRevocationList) -> int | None:
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return None


def _fault(
    crl: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    now: datetime,
) -> str:
    """Why *crl* says nothing about *certificate*; ``""`` when it does."""
    if certificate.issuer != issuer.subject:
        return "the revocation list is of another authority"
    return _list_fault(crl, issuer, now) or _scope_fault(crl, certificate)


def _list_fault(crl: x509.CertificateRevocationList, issuer: x509.Certificate, now: datetime) -> str:
    """Why *crl* says nothing at all as a word of *issuer*."""
    if crl.issuer != issuer.subject:
        return "the revocation list is of another authority"
    usage = key_usage(issuer)
    if usage is not None and not usage.crl_sign:
        return "the authority may not sign revocation lists"
    if not is_signed(crl, crl.tbs_certlist_bytes, issuer.public_key()):
        return "the revocation list's signature is wrong"
    if not is_current(crl.last_update_utc, crl.next_update_utc, now):
        end = crl.next_update_utc
        return (
            f"the revocation list ran out at {utc(end)}"
            if end and end <= now
            else "the revocation list has no date"
        )
    if any(extension.critical and not isinstance(extension.value, _READ) for extension in crl.extensions):
        return "the revocation list is of a kind that is not read (delta, or unknown)"
    return ""


def _scope_fault(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> str:
    scope = _scope(crl)
    if scope is None:
        return ""
    authority = is_authority(certificate)
    confined = scope.only_contains_attribute_certs or scope.only_some_reasons is not None
    if confined or scope.indirect_crl:
        return "the revocation list does not speak of all reasons and certificates"
    if (scope.only_contains_ca_certs and not authority) or (scope.only_contains_user_certs and authority):
        return "the revocation list is for another kind of certificate"
    own = set(_names(scope.full_name))
    if own and own.isdisjoint(_uris(_points(certificate))):
        return "the revocation list is for other certificates of the authority"
    return "" if scope.relative_name is None else "the revocation list is of a kind that is not read"


def _scope(crl: x509.CertificateRevocationList) -> x509.IssuingDistributionPoint | None:
    try:
        return crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return None


def _points(certificate: x509.Certificate) -> list[x509.DistributionPoint]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return []
    return [point for point in found if point.crl_issuer is None and point.reasons is None]


def _uris(points: list[x509.DistributionPoint]) -> Iterator[str]:
    for point in points:
        yield from _names(point.full_name)


def _names(names: list[x509.GeneralName] | None) -> Iterator[str]:
    for name in names or ():
        if isinstance(name, x509.UniformResourceIdentifier):
            yield name.value
