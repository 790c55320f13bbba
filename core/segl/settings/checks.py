"""Faults of the settings that no single key shows: tables that contradict themselves, or one another.

Part of :mod:`segl.settings.file`. Each check names the tables that it reads. Where one of these has a fault of its own
the check is left out: what would follow from a value that is wrong nobody knows. All others are made, so that a file's
faults are told in one go.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from string import Template
from typing import Final

from segl.errors import Fault
from segl.mail.paths import is_plain
from segl.policy.faults import policy_faults, tenant_faults
from segl.settings.canary import canary_faults
from segl.settings.certificates import CertificateSource
from segl.settings.delivery import own_port_faults
from segl.settings.document import Settings
from segl.settings.gateway import gateway_faults
from segl.settings.portal import SMS_WORDS
from segl.settings.routing import DomainPin
from segl.settings.shared import shared_metrics_ports, shared_ports, shared_sockets
from segl.settings.storage import Storage
from segl.settings.tunnel import ListFormat
from segl.settings.values import is_address, next_hop_host
from segl.subject_tags import folded
from segl.vocabulary import Label, Proof, Way

_Check = Callable[[Settings, Path | str], Iterable[Fault]]
# Of the 107 that a socket's path may have (unix(7)) the milter takes some for a name of its own beside it.
_SOCKET_BYTES: Final = 96
_HOUSE: Final = frozenset({"organisation", "tenant"})  # whose a domain is


def cross_faults(settings: Settings, file: Path | str, faulty: Collection[str] = ()) -> Iterator[Fault]:
    """All that can be known when the tables named in *faulty* are not as they were written."""
    for tables, check in _CHECKS:
        if tables.isdisjoint(faulty):
            yield from check(settings, file)


def _order_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    order = settings.routing.order
    if not order or order[-1] is not Way.PORTAL:
        yield Fault(file, "routing.order", "must end with portal", "it is the only way that takes anyone")
    for way, times in Counter(order).items():
        if times > 1:
            yield Fault(file, "routing.order", f"names {way} {times} times")


def _pin_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    for name, times in Counter(pin.name for pin in settings.domain).items():
        if times > 1:
            yield Fault(file, "domain", f"{name} has {times} entries", "keep one")
    for pin in settings.domain:
        if settings.is_own(pin.name):
            yield Fault(file, "domain", f"{pin.name} is an own domain", "take it out of one of the two")
        yield from _least_of_pin(pin, file)
        if (pin.match or pin.next_hop) and pin.way is not Way.TLS:
            yield Fault(file, "domain", f'{pin.name}: match and next_hop belong to way = "tls"')
        if pin.next_hop and not pin.match and is_address(next_hop_host(pin.next_hop)):
            yield Fault(
                file,
                "domain",
                f"{pin.name}: next_hop is an address without match",
                "a certificate is checked by name: say in match which one it carries",
            )


def _socket_faults(table: str) -> _Check:
    def check(settings: Settings, file: Path | str) -> Iterable[Fault]:
        """Where a process listens. Postfix is told the same path, and knows nothing of the settings' folder."""
        within = getattr(settings, table)
        for each in fields(within):
            path = getattr(within, each.name)
            if not each.name.endswith("socket") or path is None:
                continue
            if not path.is_absolute():
                yield Fault(file, f"{table}.{each.name}", f"{str(path)!r} is no whole path", 'begin with "/"')
            elif not path.name:
                yield Fault(file, f"{table}.{each.name}", f"{str(path)!r} is a folder", "name a socket in it")
            elif len(os.fsencode(path)) > _SOCKET_BYTES:
                hint = f"{_SOCKET_BYTES} bytes at most"
                yield Fault(file, f"{table}.{each.name}", "is too long for a socket", hint)

    return check


def _canary_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    return (Fault(file, *words) for words in canary_faults(settings.canary, settings.takes))


def _postfix_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    for words in (*gateway_faults(settings.postfix.gateway), *own_port_faults(settings.postfix)):
        yield Fault(file, *words)


def _sign_key_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    for domain in settings.delivery.sign_keys:
        if not settings.is_own(domain):
            yield Fault(file, "delivery.sign_keys", f"{domain} is not one of the own domains")


def _detection_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    if Label.CPR in settings.detection.thresholds:
        hint = "set threshold in [label.cpr] of a rule file"
        yield Fault(file, "detection.thresholds.cpr", "the model has no say about CPR numbers", hint)
    if any(not folded(tag) for tag in settings.detection.subject_tags):
        yield Fault(file, "detection.subject_tags", "holds an empty tag", "take it out")


def _own_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    """All of a country is nobody's. (Of other names below which anybody gets a domain a list knows that changes: those
    are a caution, :mod:`segl.settings.cautions`.)"""
    for owner in settings.owners.every:
        for domain in owner.domains:
            if owner.subdomains and "." not in domain:
                key = "tenant.subdomains" if owner.is_tenant else "organisation.subdomains"
                problem = (
                    f"would make whatever is below {domain} your own, and mail to it plain without being read"
                )
                yield Fault(file, key, problem, "name the domains below it that are yours")


def _store_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    """Not by pydantic, which would show what stood there: it may hold a password."""
    if settings.store.url != "sqlite://" and (hint := unknown_database(settings.store.url)):
        yield Fault(file, "store.url", "names no database that Segl knows", hint)


def unknown_database(url: str) -> str:
    """What to write instead of *url* where it names no kind of database that a store can be; else nothing."""
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return ""
    return 'write "sqlite:///" and a path, or "postgresql+psycopg://segl@db.example/segl"'


def _least_of_pin(pin: DomainPin, file: Path | str) -> Iterable[Fault]:
    if pin.speaks_of_encryption and pin.way in (Way.TLS, Way.PORTAL):
        problem = (
            f"{pin.name}: algorithms, headers and sign are about encryption, and {pin.way} has none of it"
        )
        yield Fault(file, "domain", problem)
    if pin.way is None and pin.least is None and not pin.speaks_of_encryption:
        yield Fault(file, "domain", f"{pin.name} says nothing", "give it a way, or a least for its TLS")
    elif pin.least is None:
        return
    elif pin.way in (Way.TUNNEL, Way.PORTAL):
        yield Fault(file, "domain", f"{pin.name}: least is about TLS, and {pin.way} meets every demand")
    elif pin.way is Way.TLS and pin.least is Proof.ENCRYPT and pin.match:
        problem = f"{pin.name}: match asks for a certificate, and least = 'encrypt' takes any"
        yield Fault(file, "domain", problem, "keep one of the two")
    elif pin.way is Way.TLS and not pin.proof.meets(pin.least):
        problem = (
            f'{pin.name}: way = "tls" proves {pin.proof}, which is less than least = {pin.least.value!r}'
        )
        yield Fault(file, "domain", problem, "leave way out: the domain then goes by the usual order")


def _demand_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    for number, demand in enumerate(settings.demand, 1):
        key = f"demand.{number}"
        if not demand.labels and demand.cpr_numbers is None:
            hint = "name labels or cpr_numbers; for all messages set routing.least"
            yield Fault(file, key, "does not say which messages it is about", hint)
        if settings.routing.least.meets(demand.least):
            problem = f"{demand.least.value!r} is no more than routing.least, which all messages must have"
            yield Fault(file, f"{key}.least", problem, "ask for more, or take the entry out")
        for label, times in Counter(demand.labels).items():
            if times > 1:
                yield Fault(file, f"{key}.labels", f"names {label} {times} times")


def _tunnel_list_checks(settings: Settings, file: Path | str) -> Iterable[Fault]:
    key = "tunnel_list"
    for name, times in Counter(entry.name for entry in settings.tunnel_list).items():
        if times > 1:
            yield Fault(file, key, f"{name} has {times} entries", "keep one, or give it another name")
    for entry in settings.tunnel_list:
        signed = entry.format is ListFormat.SEGL
        if signed and not entry.signers:
            hint = (
                "ask the publisher for the SHA-256 of the signing certificate, by another way than the list"
            )
            yield Fault(file, key, f"{entry.name}: signers is empty", hint)
        if entry.signers and not signed:
            yield Fault(file, key, f'{entry.name}: signers belong to format = "segl"')
        if entry.url and not signed:
            yield Fault(
                file,
                key,
                f'{entry.name}: format = "{entry.format}" cannot come over the net',
                "nobody signed it: fetch it yourself, check it, and name the file as source",
            )
        if entry.ca_file is not None and not entry.url:
            yield Fault(file, key, f"{entry.name}: ca_file belongs to a source that begins with https://")


def _certificate_checks(settings: Settings, file: Path | str) -> Iterable[Fault]:
    table = settings.certificates
    for source, times in Counter(table.sources).items():
        if times > 1:
            yield Fault(file, "certificates.sources", f"names {source} {times} times")
    named = CertificateSource.DIRECTORY in table.sources
    if named and not table.directory:
        yield Fault(file, "certificates.sources", "names directory, but no [[certificates.directory]] is set")
    if table.directory and not named:
        hint = 'add "directory" to certificates.sources'
        yield Fault(file, "certificates.directory", "is set, but would not be asked", hint)
    if set(table.sources) - {CertificateSource.SMIMEA} and not table.trust:
        hint = "PEM files of the authorities that recipients' certificates come from"
        yield Fault(file, "certificates.trust", "is empty: no certificate could be used", hint)
    for number, directory in enumerate(table.directory, 1):
        key = f"certificates.directory.{number}"
        if bool(directory.bind_dn) != (directory.password_file is not None):
            yield Fault(file, key, "bind_dn and password_file belong together")
        if directory.starttls and directory.url.startswith("ldaps:"):
            yield Fault(file, f"{key}.starttls", "belongs to ldap://; ldaps:// has TLS from the start")
        if directory.bind_dn and not directory.encrypted:
            yield Fault(file, f"{key}.bind_dn", "its password would go in clear", "use ldaps://, or starttls")


def _portal_checks(settings: Settings, file: Path | str) -> Iterable[Fault]:
    portal = settings.portal
    days = [portal.expiry_days, *(look.expiry_days for look in portal.look if look.expiry_days)]
    if portal.reminder_days >= min(days):
        yield Fault(file, "portal.reminder_days", "is not before the end (expiry_days)")
    if portal.sms.form == "json" and not _is_json(portal.sms.body):
        yield Fault(
            file, "portal.sms.body", "is not JSON", 'write words in quotes: "$text"; or form = "form"'
        )
    if portal.storage != Storage() and not portal.storage.used:
        yield Fault(file, "portal.storage.bucket", "is not set", "without it the table is not used")
    if portal.relay.match and not portal.relay.next_hop:
        yield Fault(file, "portal.relay.match", "belongs to a next_hop")
    if portal.relay.domains and not portal.relay.next_hop:
        yield Fault(file, "portal.relay.domains", "belongs to a next_hop")
    if portal.relay.next_hop and not portal.relay.next_hop.startswith("["):
        yield Fault(file, "portal.relay.next_hop", "names no host", 'write it in brackets: "[mail.x.dk]:25"')
    if portal.relay.next_hop and not portal.relay.match and is_address(next_hop_host(portal.relay.next_hop)):
        yield Fault(
            file,
            "portal.relay.next_hop",
            "is an address without match",
            "a certificate is checked by name: say in match which one it carries",
        )
    for domain in portal.relay.domains:
        if settings.is_own(domain):
            yield Fault(file, "portal.relay.domains", f"{domain} is an own domain", "its mail stays inside")


def _receipt_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    for name, times in Counter(rule.domain for rule in settings.receipt).items():
        if times > 1:
            yield Fault(file, "receipt", f"{name} has {times} entries", "keep one")
        if not settings.is_own(name):
            yield Fault(file, "receipt", f"{name} is not one of the own domains")
    for rule in settings.receipt:
        if rule.journal and not rule.journal_outside and not settings.is_of_house(rule.journal, rule.domain):
            problem = f"{rule.journal} is outside the organisation of {rule.domain}"
            hint = "journal_outside = true, if its copies may leave the house"
            yield Fault(file, "receipt.journal", problem, hint)
        if rule.journal_outside and not rule.journal:
            yield Fault(file, "receipt.journal_outside", f"{rule.domain}: belongs to a journal")
    log = settings.receipts.log
    if log is not None and not log.is_absolute() and str(log) != "journal":
        yield Fault(
            file, "receipts.log", f"{str(log)!r} is no whole path", 'begin with "/", or name "journal"'
        )
    sender = settings.owners.first.receipt_sender
    if not is_plain(sender) or not sender.isascii():
        yield Fault(file, "receipts.sender", "is not an ordinary ASCII address")


def _is_json(template: str) -> bool:
    """Whether *template* is JSON when its words are filled in."""
    try:
        json.loads(Template(template).substitute(dict.fromkeys(SMS_WORDS, "1")))
    except ValueError:
        return False
    return True


def _next_hop_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    """Postfix asks for the TLS policy by next hop: all mail to one gets the same, whomever it is for."""
    pins: dict[str, list[DomainPin]] = {}
    for pin in settings.domain:
        if pin.next_hop:
            pins.setdefault(pin.next_hop.lower(), []).append(pin)
    for hop, sharing in pins.items():
        if len({pin.match for pin in sharing}) > 1:
            problem = f"next_hop {hop!r} has entries with different match"
            hint = "Postfix asks for the certificate's names by next hop: give them all the same"
            yield Fault(file, "domain", problem, hint)
        elif len({pin.proof for pin in sharing}) > 1:
            problem = f"next_hop {hop!r} has entries with different least"
            yield Fault(file, "domain", problem, "Postfix asks by next hop: give them all the same")
        if not hop.startswith("["):
            yield from _lent(hop, sharing[0], settings, file)


def _lent(hop: str, pin: DomainPin, settings: Settings, file: Path | str) -> Iterable[Fault]:
    """``next_hop = "x.dk"``: what the entry takes there would hold for mail to x.dk itself as well."""
    domain = next_hop_host(hop)
    own = settings.pin(domain)
    if own is not None and own.least is None and own.way is Way.TLS:
        demanded = own.proof
    else:
        demanded = settings.routing.least if own is None or own.least is None else own.least
    if pin.name != domain and not pin.proof.meets(demanded) and demanded is not Proof.SEALED:
        problem = (
            f"{pin.name}: {pin.proof} by next_hop {hop!r} is less than mail to {domain} itself must prove"
        )
        yield Fault(file, "domain", problem, f"name a host in brackets, or give {domain} the same least")


_LISTENING: Final = ("milter", "routing", "delivery", "decisions", "canary")
# What each reads, and in which order they are told.
_CHECKS: Final[tuple[tuple[frozenset[str], _Check], ...]] = (
    (frozenset({"routing"}), _order_faults),
    (_HOUSE, _own_faults),
    (_HOUSE, _pin_faults),  # entries with a fault of their own are left out
    (frozenset({"store"}), _store_faults),
    (_HOUSE | {"inbound", "portal"}, tenant_faults),
    (frozenset({"demand", "routing"}), _demand_faults),
    (_HOUSE | {"policy", "group", "routing", "portal"}, policy_faults),
    (frozenset({"tunnel_list"}), _tunnel_list_checks),
    (frozenset({"domain", "routing"}), _next_hop_faults),
    (frozenset({"certificates"}), _certificate_checks),
    (_HOUSE | {"portal"}, _portal_checks),
    (_HOUSE | {"receipt", "receipts"}, _receipt_faults),
    (_HOUSE | {"canary"}, _canary_faults),
    (frozenset({"postfix"}), _postfix_faults),
    (_HOUSE | {"delivery"}, _sign_key_faults),
    (frozenset({"detection"}), _detection_faults),
    *((frozenset({table}), _socket_faults(table)) for table in _LISTENING),
    (frozenset({"postfix"}), shared_ports),
    (frozenset({"postfix", "metrics"}), shared_metrics_ports),
    (frozenset(_LISTENING), shared_sockets),
)
