"""Reads the settings file. All faults are reported at once, each with file, key and a hint.

This is one of the two places where pydantic works (the other is the rule file): it turns what a person
wrote into the frozen dataclasses of :mod:`segl.settings`, and never leaves this module.
"""

from __future__ import annotations

import json
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from string import Template
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from segl import toml_text
from segl.errors import MOST_TOLD, Fault, SettingsError, found, no_list
from segl.mail.paths import is_plain
from segl.places import DEFAULT_FILE
from segl.policy_faults import policy_faults, tenant_faults, with_groups_read
from segl.settings import Settings
from segl.settings_canary import canary_faults
from segl.settings_certificates import CertificateSource
from segl.settings_delivery import own_port_faults
from segl.settings_gateway import gateway_faults
from segl.settings_paths import beside
from segl.settings_portal import SMS_WORDS
from segl.settings_routing import DomainPin
from segl.settings_storage import Storage
from segl.settings_tunnel import ListFormat
from segl.settings_values import is_address, next_hop_host
from segl.subject_tags import folded
from segl.vocabulary import Label, Proof, Way

_ADAPTER = TypeAdapter(Settings)
_LARGEST = 2 * 1024 * 1024  # bytes of a file: pins of some 30,000 domains
_CLASS = re.compile(r" for <class [^>]*>")  # pydantic names the class of what it wants as Python does
_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('[\w-]+')>")  # pydantic prints members as Python does


def load_settings(file: Path = DEFAULT_FILE) -> Settings:
    """The settings in *file*. Raises :class:`SettingsError` with every fault found."""
    return parse_settings(read_toml(file, SettingsError), file)


def parse_settings(raw: dict[str, Any], file: Path | str = "settings") -> Settings:
    """*raw* (parsed TOML) as settings; *file* names it in faults."""
    try:
        settings = _ADAPTER.validate_python(raw)
    except ValidationError as error:
        raise SettingsError(list(faults_of(error, file))) from None
    if faults := list(_cross_checks(settings, file)):
        raise SettingsError(faults)
    return with_groups_read(beside(settings, Path(file).parent), file)


def read_toml(file: Path, error: type[SettingsError] | type[Any]) -> dict[str, Any]:
    """The TOML document in *file*; unreadable or broken files become a fault of the class *error*."""
    try:
        if not stat.S_ISREG(file.stat().st_mode) and not file.is_dir():
            raise error([Fault(file, "", "is no ordinary file")])  # a pipe would keep us waiting
        if file.stat().st_size > _LARGEST:
            raise error([Fault(file, "", f"is larger than {_LARGEST} bytes")])
        return toml_text.parse(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        hint = "name another with --settings" if file == DEFAULT_FILE else ""
        raise error([Fault(file, "", "there is no such file", hint)]) from None
    except IsADirectoryError:
        raise error([Fault(file, "", "is a directory, not a file")]) from None
    except PermissionError:
        raise error([Fault(file, "", "may not be read", "run as root or as the service's user")]) from None
    except OSError as fault:
        raise error([Fault(file, "", f"cannot be read: {fault.strerror}")]) from None
    except RecursionError:
        raise error([Fault(file, "", "is not TOML: too many brackets")]) from None
    except UnicodeDecodeError as fault:
        raise error([Fault(file, f"byte {fault.start}", "is not UTF-8", "save the file as UTF-8")]) from None
    except tomllib.TOMLDecodeError as fault:
        raise error([Fault(file, "", f"is not TOML: {fault}")]) from None
    except toml_text.TomlFault as fault:
        raise error([Fault(file, fault.place, fault.problem, fault.hint)]) from None


def faults_of(error: ValidationError, file: Path | str) -> Iterable[Fault]:
    """Pydantic's list of faults in our words."""
    items = error.errors(include_url=False)
    tables = {item["loc"][:-1] for item in items}
    for number, item in enumerate(items):
        if item["type"] == "too_short" and item["loc"] in tables:
            continue  # it is short only because the faulty entries, told by themselves, do not count
        key = ".".join(
            str(part + 1) if isinstance(part, int) else part for part in item["loc"] if part != "[key]"
        )
        match item["type"]:
            case "missing":
                yield Fault(file, key, "is required")
            case "extra_forbidden" | "unexpected_keyword_argument":
                near: list[str] = []
                if number < MOST_TOLD:  # the search takes its time, and no more faults are told
                    near = get_close_matches(str(item["loc"][-1]), _keys_beside(item["loc"]), n=1)
                yield Fault(file, key, "is not a known key", f"did you mean {near[0]}?" if near else "")
            case "tuple_type":
                yield Fault(file, key, _no_list(item["loc"], item["input"]))
            case _:
                problem = _CLASS.sub("", item["msg"].removeprefix("Value error, "))
                problem = _ENUM_MEMBER.sub(r"\1", problem[0].lower() + problem[1:])
                yield Fault(file, key, problem + found(item["input"], problem))


def _no_list(place: tuple[int | str, ...], value: object) -> str:
    """What to write where something else than a list stood."""
    if _keys_beside((*place, "")):
        return f"must be a list of tables, each begun with [[{'.'.join(map(str, place))}]]"
    return no_list(value)


def _keys_beside(place: tuple[int | str, ...]) -> list[str]:
    """What the table may hold that the key at *place* stands in."""
    table: Any = Settings
    for part in place[:-1]:
        if isinstance(part, str) and part in getattr(table, "__dataclass_fields__", {}):
            table = get_type_hints(table)[part]
        while not is_dataclass(table) and get_args(table):  # the entries of a list of tables
            table = get_args(table)[0]
    return [each.name for each in fields(table) if each.init] if is_dataclass(table) else []


def _cross_checks(settings: Settings, file: Path | str) -> Iterable[Fault]:
    """Faults that no single key shows."""
    order = settings.routing.order
    if not order or order[-1] is not Way.PORTAL:
        yield Fault(file, "routing.order", "must end with portal", "it is the only way that takes anyone")
    for way, times in Counter(order).items():
        if times > 1:
            yield Fault(file, "routing.order", f"names {way} {times} times")
    yield from _own_faults(settings, file)
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
    yield from _store_faults(settings.store.url, file)
    yield from tenant_faults(settings, file)
    yield from _demand_faults(settings, file)
    yield from policy_faults(settings, file)
    yield from _tunnel_list_checks(settings, file)
    yield from _next_hop_faults(settings, file)
    yield from _certificate_checks(settings, file)
    yield from _portal_checks(settings, file)
    yield from _receipt_faults(settings, file)
    yield from (Fault(file, *words) for words in canary_faults(settings.canary, settings.takes))
    yield from (Fault(file, *words) for words in gateway_faults(settings.postfix.gateway))
    yield from (Fault(file, *words) for words in own_port_faults(settings.postfix))
    for domain in settings.delivery.sign_keys:
        if not settings.is_own(domain):
            yield Fault(file, "delivery.sign_keys", f"{domain} is not one of the own domains")
    if Label.CPR in settings.detection.thresholds:
        hint = "set threshold in [label.cpr] of a rule file"
        yield Fault(file, "detection.thresholds.cpr", "the model has no say about CPR numbers", hint)
    if any(not folded(tag) for tag in settings.detection.subject_tags):
        yield Fault(file, "detection.subject_tags", "holds an empty tag", "take it out")


def _own_faults(settings: Settings, file: Path | str) -> Iterable[Fault]:
    """All of a country is nobody's. (Of other names below which anybody gets a domain a list knows that changes: those
    are a caution, :mod:`segl.settings_cautions`.)"""
    for owner in settings.owners.every:
        for domain in owner.domains:
            if owner.subdomains and "." not in domain:
                key = "tenant.subdomains" if owner.is_tenant else "organisation.subdomains"
                problem = (
                    f"would make whatever is below {domain} your own, and mail to it plain without being read"
                )
                yield Fault(file, key, problem, "name the domains below it that are yours")


def _store_faults(url: str, file: Path | str) -> Iterable[Fault]:
    """Not by pydantic, which would show what stood there: it may hold a password."""
    if url == "sqlite://" or url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return
    hint = 'write "sqlite:///" and a path, or "postgresql+psycopg://segl@db.example/segl"'
    yield Fault(file, "store.url", "names no database that Segl knows", hint)


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
