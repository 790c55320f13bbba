"""From where mail leaves the house.

What goes by tunnel or certificate, and the portal's notices, come back to the front, which sends them as all its mail:
through its ``relayhost``, or nowhere on a host that is to send nothing. By forced TLS the secure instance itself goes
to the recipient's mail host; a relay between would end that TLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.addresses import domain_of
from segl.postfix.check import Check, Setup, State
from segl.postfix.own_ways import PROBE, By, network_service, ways
from segl.postfix.running import Instance, Service, split_list
from segl.postfix.tables import TableUnread, entries, tables_in
from segl.settings.document import Settings
from segl.vocabulary import Way

_ID: Final = "secure.leaves"
_SOMEWHERE: Final = f"{PROBE}.invalid"
# By these a site sends the mail of some senders by a relay or an address of its own.
_BY_SENDER: Final = ("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps")
_SHOWN: Final = 5
_NOWHERE: Final = frozenset({"discard", "error"})
_WHY: Final = (
    "on a host that is to send nothing, to try things out, what must go securely is sent all the same: it goes by"
    " forced TLS, past the front, to people outside"
)
_FIX: Final = 'in segl.toml: [routing] order = ["portal"], and no [[domain]] or [[policy]] that names tls'


def leaving_checks(setup: Setup) -> Iterator[Check]:
    """One check: what main.cf says of mail to outside, and whether Segl goes by it."""
    if not _by_tls(setup.settings):
        yield Check(_ID, State.OK, "all mail leaves by the front: no recipient is served by the way tls")
        return
    try:
        way = ways(setup.front, {_SOMEWHERE})[_SOMEWHERE]
    except TableUnread as error:
        yield Check(
            _ID, State.UNKNOWN, error.private, _WHY, "see to it yourself that the front may send to outside"
        )
        return
    service = setup.front.service(way.transport, "unix")
    if service is not None and service.program in _NOWHERE:
        found = f"the front sends nothing to outside ({way.transport}:), and the secure instance does"
        yield Check(_ID, State.WARN, found, _WHY, _FIX)
    else:
        relayed = way.by is By.EVERYBODYS and network_service(setup.front, way.transport) is not None
        front = f"by the front through {way.next_hop}" if relayed else "by the front"
        by_sender = [name for name in _BY_SENDER if setup.front.value(name)]
        unheard = f"; of these alone is true what {' and '.join(by_sender)} say" if by_sender else ""
        yield Check(_ID, State.OK, f"by forced TLS from here, else {front}{unheard}")
    yield from _apart(setup)


def _apart(setup: Setup) -> Iterator[Check]:
    """Domains that the front's table sends by a transport with an address, a protocol or a name of its own."""
    front = setup.front
    usual = _words(front, front.service("smtp", "unix"))
    found: dict[str, list[str]] = {}
    for table in tables_in(front.value("transport_maps")):
        try:
            lines = entries(table, front.directory)
        except TableUnread:
            continue
        for entry in lines:
            service = network_service(front, entry.value.partition(":")[0])
            own = setup.settings.is_own(domain_of(f"@{entry.key.rpartition('@')[2].lstrip('.')}"))
            if (
                service is not None
                and service.program == "smtp"
                and not own
                and _words(front, service) != usual
            ):
                found.setdefault(service.name, []).append(entry.key)
    for transport, keys in found.items():
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        yield Check(
            _ID,
            State.WARN,
            f"{', '.join(keys[:_SHOWN])}{more}: by {transport}, which has an address, protocol or name of its own",
            "by forced TLS mail to them leaves as to all others, and a server that objects to that (to an IPv6 address"
            " without a name in DNS, say) refuses it for good",
            "say it of all mail (smtp_address_preference = ipv4, smtp_bind_address, smtp_helo_name in main.cf), then:"
            ' segl install; or give them a [[domain]] with way = "portal"',
        )


def _words(front: Instance, service: Service | None) -> tuple[str, ...]:
    """By what other servers know where it comes from; what is said of both protocols prefers none."""
    protocols = split_list(front.value("inet_protocols", service))
    prefers = protocols[0] if len(protocols) == 1 and protocols != ("all",) else ""
    names = ("smtp_bind_address", "smtp_bind_address6", "smtp_helo_name")
    return (
        prefers or front.value("smtp_address_preference", service),
        *(front.value(name, service) for name in names),
    )


def _by_tls(settings: Settings) -> bool:
    named = [entry.way for entry in settings.domain]
    orders = [settings.routing.order, *(policy.order or () for policy in settings.policy)]
    return Way.TLS in named or any(Way.TLS in order for order in orders)
