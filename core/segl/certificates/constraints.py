"""What authorities on the way to a certificate were forbidden (RFC 5280 §4.2.1.10, §4.2.1.12).

A company's own authority is often made by a public one, confined to the company's domains (``nameConstraints``) or to
web servers (``extendedKeyUsage``). ``cryptography`` holds such domains against the ``rfc822Name`` of a certificate
alone, while an address may stand in two other places (:mod:`segl.certificates.names`), and asks nothing of the usages
of authorities. Roots are not asked: whoever trusts one trusts it for mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cryptography import x509

from segl.certificates.judgement import FOR_MAIL, UNREADABLE
from segl.certificates.names import addresses_of


def forbidden(chain: Sequence[x509.Certificate]) -> str:
    """Why an authority in the middle of *chain*, leaf first and root last, may not have made the leaf; ``""`` when all
    of them may."""
    for authority in chain[1:-1]:
        try:
            fault = _fault(authority, addresses_of(chain[0]))
        except UNREADABLE:
            fault = "an authority above it has extensions that cannot be read"
        if fault:
            return fault
    return ""


def _fault(authority: x509.Certificate, addresses: Iterable[str]) -> str:
    for extension in authority.extensions:
        match extension.value:
            case x509.ExtendedKeyUsage() as usages if not FOR_MAIL.intersection(usages):
                return "an authority above it is not for mail"
            case x509.NameConstraints() as limits:
                allowed, excluded = _mail(limits.permitted_subtrees), _mail(limits.excluded_subtrees)
                for address in addresses:
                    if any(_within(address, name) for name in excluded) or (
                        allowed and not any(_within(address, name) for name in allowed)
                    ):
                        return "an authority above it is confined to other domains"
            case _:
                pass
    return ""


def _mail(names: Iterable[x509.GeneralName] | None) -> list[str]:
    return [name.value.lower() for name in names or () if isinstance(name, x509.RFC822Name)]


def _within(address: str, limit: str) -> bool:
    """A limit is a mailbox, a host, or with a dot before it all hosts of a domain."""
    domain = address.rpartition("@")[2].lower()
    if "@" in limit:
        return address.lower() == limit
    return domain.endswith(limit) if limit.startswith(".") else domain == limit
