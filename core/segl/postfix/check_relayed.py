"""Whether own mail stays in the house, or goes on to the mail server by TLS that cannot be left out.

Own mail is plain without being read, and a colleague's copy of what must go securely takes the way `internal`: so it is
as safe as the way from the front to the mailboxes. On this host nothing is between. A network of the house will do
within one organisation; not between several of one installation (``organisation.between``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from segl.postfix.check import Check, Setup, State, judge
from segl.postfix.hops import FORCED, Hop, Place, fallback, places, tls_level
from segl.postfix.own_ways import (
    BY_SENDER,
    PROBE,
    OwnWay,
    by_local,
    handed_on,
    network_service,
    relays_by_sender,
    ways,
)
from segl.postfix.running import Instance
from segl.postfix.tables import PATTERNS, Table, TableUnread, entries, tables_in

_FIX: Final = (
    "relay there by a transport with smtp_tls_security_level = secure, or by [postfix.gateway] deliver_to"
)
_FIX_RELAY: Final = (
    "give own domains an entry in transport_maps, by a transport of their own with -o smtp_fallback_relay= (and"
    " lmtp_fallback_relay): what their server does not take then waits for it"
)
_WHY: Final = "it is not read and not sent securely, being own mail: between here and there it could be read"
_SHOWN: Final = 5
_WORD: Final = re.compile(r"[a-z0-9]")
_CLASS: Final = re.compile(r"\\[a-zA-Z]")  # \b, \d, \w: no letter of a name
_ESCAPED: Final = re.compile(r"\\(.)")


def relayed_checks(setup: Setup) -> Iterator[Check]:
    """The check `front.relayed`; `organisations.between` where there are several organisations."""
    several = setup.settings.owners.several
    id_ = "organisations.between" if several else "front.relayed"
    what = "mail of one organisation to another" if several else "mail of colleagues to each other"
    hops: dict[Hop, list[str]] = {}
    unread: list[str] = []
    for whom, hop in _hops(setup, unread):
        hops.setdefault(hop, []).append(whom)
    clear: dict[Hop, str] = {}
    for hop in hops:
        try:
            clear[hop] = tls_level(setup.front, hop)
        except TableUnread as error:
            unread.append(error.private)
    clear = {hop: level for hop, level in clear.items() if level not in FORCED}
    safe = (Place.HERE,) if several else (Place.HERE, Place.NEAR)
    far = [hop for hop, place in places(clear).items() if place not in safe]
    open_ = [
        f"{', '.join(hops[hop][:_SHOWN])} → {hop.next_hop} by {_by(hop)}, TLS level {clear[hop]}"
        for hop in far
    ]
    for text in dict.fromkeys(unread):
        yield Check(id_, State.UNKNOWN, text, _WHY, "see to it yourself that TLS is forced there")
    more = f"; and {len(open_) - _SHOWN} more" if len(open_) > _SHOWN else ""
    if open_ or not unread:
        yield judge(
            id_,
            not open_,
            f"{what} goes on to other servers: {'; '.join(open_[:_SHOWN])}{more}"
            if open_
            else f"{what} stays {'here' if several else 'in the house'}, or goes on by forced TLS",
            why=_WHY,
            fix=_FIX_RELAY if far and all(hop.named_by for hop in far) else _FIX,
            bad=State.WARN,
        )


def _by(hop: Hop) -> str:
    return f"{hop.transport} ({hop.named_by})" if hop.named_by else hop.transport


def _hops(setup: Setup, unread: list[str]) -> Iterator[tuple[str, Hop]]:
    """For whom own mail leaves this host, and by which hop; not for domains that `front.own-domains` says are nobody's
    here. What could not be looked into is put into *unread*."""
    front, every = setup.front, setup.settings.owners.every
    domains = {domain for owner in every for domain in owner.domains}
    below = {f"{PROBE}.{domain}" for owner in every if owner.subdomains for domain in owner.domains}
    try:
        found = ways(front, domains | below)
    except TableUnread as error:
        unread.append(error.private)
        return
    for domain, way in sorted(found.items()):
        if way.decided or (way.taken and domain in domains):
            try:
                hops = list(_of_domain(front, way))
            except TableUnread as error:
                what = BY_SENDER if by_local(front, way) is None else "what local(8) hands on"
                unread.append(f"{what}: {error.private}")
                continue
            yield from ((domain.replace(f"{PROBE}.", "*."), hop) for hop in hops)
    for table in tables_in(front.value("transport_maps")):
        try:
            yield from _of_addresses(setup, table)
        except TableUnread as error:
            unread.append(f"single own addresses in transport_maps: {error.private}")


def _of_domain(front: Instance, way: OwnWay) -> Iterator[Hop]:
    local = by_local(front, way)
    if local is None:
        yield from _hop(front, way.transport, way.next_hop)
        for relay in relays_by_sender(front) if way.by_sender else ():
            yield from _hop(front, way.transport, relay, BY_SENDER)
        return
    for transport, next_hop in handed_on(front, local):
        yield from _hop(front, transport, next_hop or way.domain)


def _of_addresses(setup: Setup, table: Table) -> Iterator[tuple[str, Hop]]:
    """Single own addresses that *table*, one of ``transport_maps``, sends elsewhere than their domain."""
    for entry in entries(table, setup.front.directory):
        domain = _own_domain_in(setup, entry.key, pattern=table.type in PATTERNS)
        transport, _, next_hop = entry.value.partition(":")
        if not domain or not (transport or next_hop):
            continue
        by = transport or ways(setup.front, {domain})[domain].transport
        yield from ((entry.key, hop) for hop in _hop(setup.front, by, next_hop or domain))


def _own_domain_in(setup: Setup, key: str, *, pattern: bool) -> str:
    """The own domain of the address *key*; of a *pattern* one of those that its text is about, as far as that shows:
    where it names no domain, but somebody in it, that may be any."""
    if not pattern:
        local, _, domain = key.lower().rpartition("@")
        return domain if local and setup.settings.is_own(domain) else ""
    local, at, rest = _ESCAPED.sub(r"\1", _CLASS.sub(" ", key)).lower().rpartition("@")
    every = [domain for owner in setup.settings.owners.every for domain in owner.domains]
    if at and _WORD.search(local) and not _WORD.search(rest):
        return every[0]
    return next((name for name in every if all(_has_label(rest, label) for label in name.split("."))), "")


def _has_label(pattern: str, label: str) -> bool:
    """Whole: `aarhus-energi` is not `aarhus`."""
    return re.search(rf"(?<![a-z0-9-]){re.escape(label)}(?![a-z0-9-])", pattern) is not None


def _hop(front: Instance, transport: str, next_hop: str, named_by: str = "") -> Iterator[Hop]:
    """It, and what stands in for it."""
    if (service := network_service(front, transport)) is not None:
        hop = Hop(transport, service.program, next_hop, named_by)
        yield hop
        if (relay := fallback(front, hop)) is not None:
            yield relay
