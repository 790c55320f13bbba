"""Names that are of the house though no setting says so: what the front does with their mail tells.

To Segl they are strangers'. But what colleagues write to somebody whose address an alias turns into one of these stays
in the house (:mod:`segl.postfix.check_unread`), and the doctor asks for them (:mod:`segl.postfix.check_taken`). What a
database or a directory says of names is asked of it, each time (:mod:`segl.postfix.house_tables`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from segl.addresses import parents
from segl.postfix.domain_lists import names_in
from segl.postfix.hops import Hop, Place, places
from segl.postfix.own_ways import network_service, ways
from segl.postfix.running import Instance, Service
from segl.postfix.tables import Entry, TableUnread, entries, tables_in
from segl.settings.document import Settings

_ENDS_HERE = ("mydestination", "virtual_mailbox_domains")
_PROGRAMS = frozenset({"pipe", "local", "virtual"})
# Under which nobody gets a name in DNS (RFC 6761, 6762, 8375; ICANN's decisions of 2018 and 2024).
_NOBODYS = frozenset(
    {"local", "lan", "internal", "intern", "corp", "home", "localdomain", "test", "invalid", "arpa"}
)


def house_names(settings: Settings, front: Instance) -> set[str]:
    """Names whose mail ends on this host, by the lists that say so or because ``transport_maps`` give it to a program
    or a mailbox here (absence notes, a fax server; also single addresses); and internal names of a mail server in the
    house's network (``exchange.local``). As far as tables can be listed."""
    given = list(_given(front))
    here = {name for each in _ENDS_HERE for name in names_in(front, each)}
    here |= {entry.key.lower() for entry in given if _is_program(front, entry)}
    named = {entry.key.lower() for entry in given} | names_in(front, "relay_domains")
    return here | _inside({name for name in named if _is_internal(settings, name)}, front)


def _given(front: Instance) -> Iterator[Entry]:
    for table in tables_in(front.value("transport_maps")):
        if table.by_key:
            with suppress(TableUnread):
                yield from (entry for entry in entries(table, front.directory) if entry.key != "*")


def _is_program(front: Instance, entry: Entry) -> bool:
    transport, _, hop = entry.value.partition(":")
    return is_program(front.service(transport, "unix"), hop)


def is_program(service: Service | None, next_hop: str) -> bool:
    """Whether *service* gives mail to a program or a mailbox on this host; none of ours counts."""
    if service is None or service.name.startswith("segl-"):
        return False
    return service.program in _PROGRAMS or (service.program == "lmtp" and next_hop.startswith("unix:"))


def _is_internal(settings: Settings, name: str) -> bool:
    """Whether it is a name that nobody outside can have, or one below an own domain, and not own itself."""
    if "@" in name or name.startswith(".") or settings.is_own(name):
        return False
    return name.rpartition(".")[2] in _NOBODYS or any(map(settings.is_own, parents(name)))


def _inside(names: set[str], front: Instance) -> set[str]:
    """Those of *names* whose mail goes to a server on this host or in a private network."""
    hops: dict[str, Hop] = {}
    with suppress(TableUnread):
        for name, way in ways(front, names).items() if names else ():
            if way.decided and (service := network_service(front, way.transport)) is not None:
                hops[name] = Hop(way.transport, service.program, way.next_hop)
    found = places(set(hops.values()))
    return {name for name, hop in hops.items() if found[hop] is not Place.ELSEWHERE}
