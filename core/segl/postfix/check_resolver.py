"""Whether the resolvers that Postfix and segl-map ask judge signatures, and whether that may be believed.

DANE rests on one bit: AD, by which a resolver says that every link of an answer was signed up to the root (RFC 6840
§5.8). The root itself is signed, so any validating resolver sets it for the root's SOA. Postfix believes the bit
whoever sends it; between this host and a resolver elsewhere anybody may set it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from segl.postfix.check import Check, State, judge
from segl.resolvers import SAFE, hint_of, place_of
from segl.settings.routing import Routing
from segl.settings.values import server_address

RESOLV_CONF = Path("/etc/resolv.conf")
_SECONDS = 2.0  # for one resolver
_PAYLOAD = 1232  # bytes that pass without fragments (DNS Flag Day 2020)
_ID = "host.resolver"
_WHY = "Postfix proves DANE by the resolver's word alone: domains that have it go by other proofs, or to the portal"
_FIX = "install unbound, and let /etc/resolv.conf name 127.0.0.1 alone"

# Tried with Postfix 3.10: where a resolver takes the connection and says nothing, the C library waits without end.
_WHY_TCP = (
    "long answers come over TCP: mail to domains that have such waits, and processes of Postfix with it"
)
_FIX_TCP = "let TCP port 53 through to the resolver, and see that it listens there"

Server = tuple[str, int]


def resolver_checks(routing: Routing, resolv_conf: Path = RESOLV_CONF) -> Iterator[Check]:
    """One for each resolver, all asked at the same time."""
    of_postfix = _named_in(resolv_conf)
    of_map = [server_address(text) for text in routing.nameservers] or of_postfix
    if not of_postfix:
        yield Check(_ID, State.UNKNOWN, f"{resolv_conf} names no resolver", _WHY, _FIX)
    asked: dict[Server, list[str]] = {}
    for who, servers in (("Postfix", of_postfix), ("segl-map", of_map)):
        for server in servers:
            asked.setdefault(server, []).append(who)
    if asked:
        with ThreadPoolExecutor(len(asked)) as pool:
            answers = list(zip(pool.map(_says_ad, asked), pool.map(_takes_tcp, asked), strict=True))
        for (server, whose), (says_ad, takes_tcp) in zip(asked.items(), answers, strict=True):
            place = f"{place_of(server)}, asked by {' and '.join(whose)},"
            yield _judge(server, place, says_ad, routing)
            if says_ad is not None and not takes_tcp:
                yield Check(_ID, State.WARN, f"{place} does not answer over TCP", _WHY_TCP, _FIX_TCP)


def _judge(server: Server, place: str, says_ad: bool | None, routing: Routing) -> Check:
    if says_ad is None:
        found = f"no answer from the resolver {place.removesuffix(',')}"
        return Check(_ID, State.FAIL, found, f"while none answers, {SAFE}", hint_of(server))
    if not says_ad:
        return Check(_ID, State.WARN, f"{place} does not validate DNSSEC", _WHY, _FIX)
    near = ip_address(server[0]).is_loopback or server[0] in routing.trusted_resolvers
    return judge(
        _ID,
        near,
        f"{place} validates DNSSEC" + ("" if near else " on another host"),
        why="Postfix believes its word on signatures, and whoever sits in between can write it",
        fix=f"{_FIX}; or name it in routing.trusted_resolvers when nobody can get in between",
        bad=State.WARN,
    )


def _says_ad(server: Server) -> bool | None:
    """Whether it sets AD for the root's SOA; ``None`` when it gives no answer."""
    query = dns.message.make_query(
        dns.name.root, dns.rdatatype.SOA, use_edns=0, payload=_PAYLOAD, want_dnssec=True
    )
    query.flags |= dns.flags.AD
    address, port = server
    try:
        reply, _ = dns.query.udp_with_fallback(query, address, _SECONDS, port, ignore_unexpected=True)
    except (dns.exception.DNSException, OSError, ValueError, EOFError):
        return None
    if reply.rcode() != dns.rcode.NOERROR:
        return None
    return bool(reply.flags & dns.flags.AD)


def _takes_tcp(server: Server) -> bool:
    """Whether it answers over TCP (RFC 7766 §5: it must)."""
    query = dns.message.make_query(dns.name.root, dns.rdatatype.SOA)
    try:
        dns.query.tcp(query, server[0], _SECONDS, server[1])
    except (dns.exception.DNSException, OSError, ValueError, EOFError):
        return False
    return True


def _named_in(resolv_conf: Path) -> list[Server]:
    try:
        read = dns.resolver.Resolver(filename=str(resolv_conf))
    except (dns.exception.DNSException, OSError):
        return []
    return [(str(address), read.port) for address in read.nameservers]
