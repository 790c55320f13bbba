"""Where the front sends mail for a domain, worked out as trivial-rewrite(8) does: by the list that has the domain, by
``transport_maps``, by ``relayhost``, by DNS. (Tried against Postfix 3.10: tests/e2e/test_own_ways.py.)"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from segl.postfix.domain_lists import keys_above, listed
from segl.postfix.running import Instance, Service
from segl.postfix.tables import entries, look_up, tables_in

PROBE = "segl-probe"
_NOBODYS = f"{PROBE}@{PROBE}.invalid"
_NETWORK = frozenset({"smtp", "lmtp"})
BY_SENDER = "sender_dependent_relayhost_maps"
# Where local(8) hands on what it does not deliver itself; each has a table of its own, by user ("_maps").
_OF_LOCAL = ("mailbox_transport", "fallback_transport")


class By(Enum):
    """Who says where mail for a domain goes."""

    TABLE = "transport_maps"  # an entry for this domain
    TRANSPORT = "its transport"  # local_transport, virtual_transport, relay_transport name a host
    # relayhost, default_transport, an entry of transport_maps for whatever comes.
    EVERYBODYS = "the way of all mail"
    DNS = "DNS"


class Kind(Enum):
    """The lists in Postfix's own order, and the parameter that names the transport of what they have."""

    LOCAL = ("mydestination", "local_transport")
    ALIAS = ("virtual_alias_domains", "")
    VIRTUAL = ("virtual_mailbox_domains", "virtual_transport")
    RELAY = ("relay_domains", "relay_transport")
    OTHER = ("", "default_transport")


@dataclass(frozen=True, slots=True)
class OwnWay:
    """``next_hop`` as transport(5) writes it. ``by_sender``: unless ``sender_dependent_relayhost_maps`` say another of
    its sender."""

    domain: str
    kind: Kind
    transport: str
    next_hop: str
    by: By
    by_sender: bool = False

    @property
    def taken(self) -> bool:
        """Whether Postfix takes mail for it from anybody."""
        return self.kind is not Kind.OTHER

    @property
    def decided(self) -> bool:
        """Whether somebody said where mail for this domain goes, and it was not left to DNS or the way of all mail."""
        return self.kind in (Kind.LOCAL, Kind.ALIAS, Kind.VIRTUAL) or self.by in (By.TABLE, By.TRANSPORT)


def ways(front: Instance, domains: Collection[str]) -> dict[str, OwnWay]:
    """The way of each of *domains* (normal form). Raises :class:`~segl.postfix.tables.TableUnread`."""
    kinds = _kinds(front, domains)
    answers = _answers(front, domains)
    return {
        domain: _way(front, domain, kinds[domain], answers[f"{PROBE}@{domain}"], answers[_NOBODYS])
        for domain in domains
    }


def network_service(front: Instance, transport: str) -> Service | None:
    """The service behind *transport* if it speaks to other hosts: smtp(8), by its name of lmtp too."""
    service = front.service(transport, "unix")
    return service if service is not None and service.program in _NETWORK else None


def by_local(front: Instance, way: OwnWay) -> Service | None:
    """The service of *way* if it is local(8), which reads aliases and ~/.forward."""
    service = front.service(way.transport, "unix")
    return service if service is not None and service.program == "local" else None


def relays_by_sender(front: Instance) -> Iterator[str]:
    """The relays that ``sender_dependent_relayhost_maps`` name for anybody; they come before ``relayhost``. Raises
    :class:`~segl.postfix.tables.TableUnread`."""
    for table in tables_in(front.value(BY_SENDER)):
        for entry in entries(table, front.directory):
            if entry.value and entry.value.upper() != "DUNNO":
                yield entry.value


def handed_on(front: Instance, local: Service) -> Iterator[tuple[str, str]]:
    """Transport and next hop of each place to which *local*, a local(8), hands on what it does not deliver itself.
    Raises :class:`~segl.postfix.tables.TableUnread`."""
    for name in _OF_LOCAL:
        values = [front.value(name, local)]
        for table in tables_in(front.value(f"{name}_maps", local)):
            values += [entry.value for entry in entries(table, front.directory)]
        for value in dict.fromkeys(filter(None, values)):
            transport, _, next_hop = value.partition(":")
            yield transport, next_hop


def _kinds(front: Instance, domains: Collection[str]) -> dict[str, Kind]:
    kinds = dict.fromkeys(domains, Kind.OTHER)
    left = set(domains)
    for kind in (Kind.LOCAL, Kind.ALIAS, Kind.VIRTUAL, Kind.RELAY):
        found = listed(front, kind.value[0], left) if left else set()
        kinds |= dict.fromkeys(found, kind)
        left -= found
    return kinds


def _answers(front: Instance, domains: Collection[str]) -> dict[str, str]:
    """What ``transport_maps`` say of an address at each of *domains*, and of one that is nobody's."""
    asked = {f"{PROBE}@{domain}": _keys(front, domain) for domain in domains} | {_NOBODYS: [_NOBODYS, "*"]}
    by_key = list(dict.fromkeys(key for keys in asked.values() for key in keys))
    whole = [key for key in by_key if "@" in key]  # patterns are tried with the whole address alone
    found = [
        look_up(str(table), by_key if table.by_key else whole, front.directory)
        for table in tables_in(front.value("transport_maps"))
    ]
    return {
        address: next((table[key] for key in keys for table in found if key in table), "")
        for address, keys in asked.items()
    }


def _keys(front: Instance, domain: str) -> list[str]:
    return [f"{PROBE}@{domain}", domain, *keys_above(front, "transport_maps", domain), "*"]


def _way(front: Instance, domain: str, kind: Kind, answer: str, everybodys: str) -> OwnWay:
    if kind is Kind.ALIAS:  # no address of it is delivered anywhere as it is
        return OwnWay(domain, kind, "error", "", By.TRANSPORT)
    transport, _, hop = front.value(kind.value[1]).partition(":")
    by = By.EVERYBODYS if kind is Kind.OTHER else By.TRANSPORT
    by_sender = not hop and kind in (Kind.RELAY, Kind.OTHER)
    if by_sender and (relayhost := front.value("relayhost")):
        hop, by = relayhost, By.EVERYBODYS
    named, colon, where = answer.partition(":")
    if colon and (named or where):
        transport, hop, by_sender = named or transport, where, False
        by = By.EVERYBODYS if answer == everybodys else By.TABLE
    return OwnWay(domain, kind, transport, hop or domain, by if hop else By.DNS, by_sender)
