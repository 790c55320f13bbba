"""Whether the name that servers outside are greeted with is in DNS.

Many refuse whoever says another in EHLO (Postfix: ``reject_unknown_helo_hostname``; Exim: ``verify = helo``). Mail that
must go securely is sent by the secure instance, which greets as the front does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import dns.exception
import dns.name
import dns.nameserver
import dns.resolver

from segl.postfix.check import Check, Setup, State
from segl.postfix.check_secure import TLS
from segl.settings.routing import Routing
from segl.settings.values import is_address, server_address

_ID: Final = "secure.greeting"
_SECONDS: Final = 3.0
_WHY: Final = (
    "servers that look the name up refuse what goes by forced TLS; it waits, and comes back after five days"
)


def greeting_checks(setup: Setup) -> Iterator[Check]:
    """One check: the name has an address, whichever."""
    name = setup.secure.value("smtp_helo_name", setup.secure.service(TLS, "unix"))
    fix = (
        "let DNS know it, or write another one into the front's main.cf (smtp_helo_name), then: segl install"
    )
    if is_address(name.strip("[]")):  # RFC 5321 §4.1.3: for hosts without a name
        yield Check(_ID, State.OK, f"greets as {name}")
        return
    known = _has_address(name, setup.settings.routing)
    if known is None:
        yield Check(_ID, State.UNKNOWN, f"DNS does not say whether {name} has an address", _WHY, "try again")
    elif known:
        yield Check(_ID, State.OK, f"greets as {name}, which has an address")
    else:
        yield Check(_ID, State.WARN, f"greets as {name}, which has no address in DNS", _WHY, fix)


def _has_address(name: str, routing: Routing) -> bool | None:
    """``None``: DNS gives no answer."""
    try:
        asked = dns.name.from_text(name)
        resolver = dns.resolver.Resolver(configure=not routing.nameservers)
        if routing.nameservers:
            servers = [server_address(text) for text in routing.nameservers]
            resolver.nameservers = [dns.nameserver.Do53Nameserver(*server) for server in servers]
        return any(_answers(resolver, asked, kind) for kind in ("A", "AAAA"))
    except (
        dns.name.LabelTooLong,
        dns.name.EmptyLabel,
        dns.name.NameTooLong,
        dns.name.BadEscape,
        UnicodeError,
    ):
        return False
    except (dns.exception.DNSException, OSError, EOFError):
        return None


def _answers(resolver: dns.resolver.Resolver, name: dns.name.Name, kind: str) -> bool:
    try:
        resolver.resolve(name, kind, lifetime=_SECONDS, search=False)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return False
    return True
