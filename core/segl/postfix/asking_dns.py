"""What the doctor asks DNS: with the resolvers of segl-map where the settings name some, else the host's."""

from __future__ import annotations

from typing import Final

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from segl.settings.routing import Routing
from segl.settings.values import server_address

_SECONDS: Final = 3.0
_NO_NAME: Final = (
    dns.name.LabelTooLong,
    dns.name.EmptyLabel,
    dns.name.NameTooLong,
    dns.name.BadEscape,
    UnicodeError,
)


def has_address(name: str, routing: Routing) -> bool | None:
    """``None``: DNS gives no answer."""
    try:
        asked, resolver = dns.name.from_text(name), _resolver(routing)
        return any(_answer(resolver, asked, kind) is not None for kind in ("A", "AAAA"))
    except _NO_NAME:
        return False
    except (dns.exception.DNSException, OSError, EOFError):
        return None


def is_mail_domain(domain: str, routing: Routing) -> bool | None:
    """Whether DNS names who takes mail for *domain* (RFC 5321 §5.1; "nobody", RFC 7505); ``None``: no answer."""
    try:
        asked, resolver = dns.name.from_text(domain), _resolver(routing)
        found = _answer(resolver, asked, "MX")
    except _NO_NAME:
        return False
    except (dns.exception.DNSException, OSError, EOFError):
        return None
    if found is None:
        return has_address(domain, routing)
    return any(record.exchange != dns.name.root for record in found)


def _resolver(routing: Routing) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not routing.nameservers)
    if routing.nameservers:
        servers = [server_address(text) for text in routing.nameservers]
        resolver.nameservers = [dns.nameserver.Do53Nameserver(*server) for server in servers]
    return resolver


def _answer(resolver: dns.resolver.Resolver, name: dns.name.Name, kind: str) -> dns.resolver.Answer | None:
    """``None``: there is none."""
    try:
        return resolver.resolve(name, kind, lifetime=_SECONDS, search=False)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return None
