"""Next hops of Postfix's smtp(8) and lmtp(8): where they are, and by which level of TLS they are reached."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import dns.exception
import dns.resolver

from segl.addresses import parents
from segl.postfix.running import Instance, Service
from segl.postfix.tables import look_up

FORCED: Final = ("encrypt", "dane-only", "fingerprint", "verify", "secure")
# smtp_tls_per_site, asked where there is no table of policies: what beats the transport's own level (tried with 3.10;
# MAY does not).
_SITE_LEVELS: Final = {"NONE": "none", "MUST": "verify", "MUST_NOPEERMATCH": "encrypt"}
_ONE_HOST = re.compile(r"\[(?:IPv6:)?([^\[\]]+)\](?::\w+)?", re.IGNORECASE)
_DOMAIN = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)(:\w+)?")
# What no router of the Internet passes on (RFC 1918, 3927, 4193, 4291).
_OF_THE_HOUSE: Final = tuple(
    ip_network(net)
    for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)
_MX_SECONDS: Final = 4.0
_AT_ONCE: Final = 16


class Place(IntEnum):
    """Where a next hop is: on this host, in a private network, or anywhere. The farthest of several counts."""

    HERE = 0
    NEAR = 1
    ELSEWHERE = 2


@dataclass(frozen=True, slots=True)
class Hop:
    """Mail goes on to *next_hop*, as transport(5) writes it, by *transport*, which runs *program* (smtp or lmtp).
    *named_by*: the parameter that names it, where that is not to be expected."""

    transport: str
    program: str
    next_hop: str
    named_by: str = ""

    @property
    def destinations(self) -> tuple[str, ...]:
        """Postfix takes several, and tries one after the other."""
        return tuple(self.next_hop.replace(",", " ").split())


def fallback(front: Instance, hop: Hop) -> Hop | None:
    """Where mail goes when *hop* does not take it: smtp(8) appends that relay to any destination, also one in brackets,
    and lmtp(8) to any but a socket (postconf(5), smtp_fallback_relay)."""
    name = f"{hop.program}_fallback_relay"
    relay = front.value(name, front.service(hop.transport, "unix"))
    if not relay or hop.next_hop.startswith("unix:"):
        return None
    return Hop(hop.transport, hop.program, relay, name)


def places(hops: Collection[Hop]) -> dict[Hop, Place]:
    """Where each of *hops* is, as this host finds out; what cannot be found out is elsewhere."""
    asked = list(hops)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(asked, pool.map(_place, asked), strict=True))


def tls_level(front: Instance, hop: Hop) -> str:
    """The weakest level by which *hop* may be reached: what the policy table says, else the transport's own. Raises
    :class:`~segl.postfix.tables.TableUnread`."""
    service = front.service(hop.transport, "unix")
    prefix = "lmtp" if hop.program == "lmtp" else "smtp"
    own = _own_level(front, service, prefix)
    policies = front.value(f"{prefix}_tls_policy_maps", service)
    of_old = "" if policies else front.value(f"{prefix}_tls_per_site", service)
    levels = []
    for each in hop.destinations:
        keys = _policy_keys(each)
        if of_old and (form := _ONE_HOST.fullmatch(each)) is not None:
            keys.append(form[1])
        answers = look_up(policies or of_old, keys, front.directory)
        told = next((answers[key] for key in keys if key in answers), "").split()
        levels.append(_SITE_LEVELS.get(told[0], own) if told and of_old else told[0].lower() if told else own)
    return next((level for level in levels if level not in FORCED), levels[0] if levels else own)


def _own_level(front: Instance, service: Service | None, prefix: str) -> str:
    if level := front.value(f"{prefix}_tls_security_level", service):
        return level
    if front.value(f"{prefix}_enforce_tls", service) == "yes":
        return "encrypt"
    return "may" if front.value(f"{prefix}_use_tls", service) == "yes" else "none"


def _policy_keys(destination: str) -> list[str]:
    """A next hop that is no bare name is asked for as it is written (TLS_README, client TLS security levels)."""
    form = _DOMAIN.fullmatch(destination)
    if form is None or form[2]:
        return [destination]
    return [destination.lower(), *(f".{name}" for name in list(parents(destination.lower()))[1:])]


def _place(hop: Hop) -> Place:
    return max((_of_one(each, hop.program) for each in hop.destinations), default=Place.ELSEWHERE)


def _of_one(destination: str, program: str) -> Place:
    if destination.startswith("unix:"):
        return Place.HERE
    destination = destination.removeprefix("inet:")
    if (form := _ONE_HOST.fullmatch(destination)) is not None:
        hosts = [form[1]]
    elif (form := _DOMAIN.fullmatch(destination)) is not None:
        hosts = [form[1]] if program == "lmtp" else list(_mail_hosts(form[1]))
    else:
        return Place.ELSEWHERE
    found = [_of_address(address) for host in hosts for address in _addresses(host)]
    return max(found, default=Place.ELSEWHERE)


def _mail_hosts(domain: str) -> Iterator[str]:
    try:
        answer = dns.resolver.resolve(domain, "MX", lifetime=_MX_SECONDS, search=False)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        yield domain
    except (dns.exception.DNSException, OSError, ValueError):
        return
    else:
        yield from (str(record.exchange).rstrip(".") for record in answer)


def _addresses(host: str) -> Iterator[IPv4Address | IPv6Address]:
    try:
        found = socket.getaddrinfo(host, 25, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    yield from {ip_address(str(where[0]).partition("%")[0]) for *_, where in found}


def _of_address(address: IPv4Address | IPv6Address) -> Place:
    if address.is_loopback or _is_ours(address):
        return Place.HERE
    near = any(address in net for net in _OF_THE_HOUSE if net.version == address.version)
    return Place.NEAR if near else Place.ELSEWHERE


def _is_ours(address: IPv4Address | IPv6Address) -> bool:
    """Whether one of this host's interfaces has it: a socket can be bound to no other."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
