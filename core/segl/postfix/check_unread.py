"""Whether what nobody has read stays in the house: mail of own people to own people (decision 107).

The milter marks it, the front hands it back by a transport of its own, and the return port knows that by its greeting.
Every recipient is known there, also whom an alias, a blind copy or another milter has added: as soon as one is none
of the house, all of it goes the secure way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.addresses import domain_of
from segl.postfix.check import INSTALL, UNREAD, Check, Setup, judge
from segl.postfix.conf import OWN
from segl.postfix.house_names import house_names
from segl.postfix.house_tables import asks_no_others, house_tables
from segl.postfix.running import Service, split_list
from segl.postfix.tables import Entry, Table, TableUnread, entries, look_up

_ID: Final = "front.unread"
_WHY: Final = (
    "what colleagues write to each other is read by nobody: an alias, a blind copy or another milter that adds somebody"
    " outside would let it leave as it is"
)


def unread_check(setup: Setup, service: Service) -> Check:
    """The check `front.unread`; *service* is the return port."""
    try:
        faults = [*_known_by_greeting(setup, service), *_own_alone(setup)]
    except TableUnread as error:
        faults = [error.private]
    found = faults[0] if faults else "mail between own people goes on to own recipients alone"
    return judge(_ID, not faults, found, why=_WHY, fix=INSTALL)


def _known_by_greeting(setup: Setup, service: Service) -> Iterator[str]:
    front, name = setup.front, "smtpd_recipient_restrictions"
    transport = front.service(UNREAD, "unix")
    if transport is None or transport.program != "smtp":
        yield f"{UNREAD} is {'missing' if transport is None else f'{transport.program}, not smtp'}"
        return
    greeting = front.value("smtp_helo_name", transport).lower()
    given = split_list(front.value(name, service))
    asked = given[:1] == ("check_helo_access",) and given[2:] == ("permit_mynetworks", "reject")
    answer = look_up(given[1], [greeting], front.directory).get(greeting, "") if asked else ""
    classes = split_list(front.value("smtpd_restriction_classes", service))
    if answer not in classes or not _are_ours(setup, split_list(front.value(answer, service))):
        yield f"{service.id}: {name} = {front.value(name, service) or '(empty)'}"
    if above := front.value("parent_domain_matches_subdomains", service):
        yield f"{service.id}: parent_domain_matches_subdomains = {above}: names below own ones count as own"


def _are_ours(setup: Setup, restrictions: tuple[str, ...]) -> bool:
    first = ("check_recipient_access", f"texthash:{setup.front.directory}/{OWN}")
    last = ("check_recipient_access", f"static:{{FILTER {setup.own_filter}}}")
    between = restrictions[2:-2]
    return restrictions == (*first, *between, *last) and asks_no_others(setup.front, between)


def _own_alone(setup: Setup) -> Iterator[str]:
    """Nobody's domain in the table but own ones, and those that end here. What leads outside is sent the secure way
    there; DUNNO would ask the tables next, which may have its domain."""
    front = setup.front
    lines = entries(Table("texthash", f"{front.directory}/{OWN}"), front.directory)
    harmless = {f"FILTER {setup.own_filter}"} | (set() if house_tables(front) else {"DUNNO"})
    others = [entry.key for entry in lines if entry.value not in harmless and not _is_let(setup, entry)]
    # What asks no table first: a host looks each minute.
    known = {"localhost", *map(str.lower, split_list(front.value("mydestination")))}
    if not known.issuperset(others):
        known |= house_names(setup.settings, front)
    yield from (f"{OWN} has {key}, which is none of the house" for key in others if key not in known)


def _is_let(setup: Setup, entry: Entry) -> bool:
    """Whether *entry* lets somebody pass who may."""
    return entry.value != "DUNNO" and _is_own(setup, entry.key)


def _is_own(setup: Setup, key: str) -> bool:
    """Whether *key* of an access table is an own domain, an address at one, or names below where these are own too."""
    owner = setup.settings.owners.find(domain_of(f"@{key.rpartition('@')[2].lstrip('.')}"))
    return owner is not None and (owner.subdomains or not key.startswith("."))
