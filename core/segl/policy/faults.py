"""What is wrong with ``[[policy]]``, ``[[group]]`` and ``[[tenant]]`` that no single key shows; groups' files.

Part of :mod:`segl.settings.file`.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from segl.errors import Fault, SettingsError
from segl.mail.paths import is_plain
from segl.settings.document import Settings
from segl.settings.inbound import KeysOpen
from segl.settings.organisation import Organisation, Tenant
from segl.settings.policy import GROUP, Group, Member, Policy
from segl.vocabulary import Decision, Way

MOST_MEMBERS: Final = 100_000
_LARGEST: Final = 8 * 1024 * 1024  # bytes of a group's file
_MEMBER: Final = TypeAdapter(Member)
_SENDER_ALONE: Final = "name sender or organisation, and nothing else"


def with_groups_read(settings: Settings, file: Path | str) -> Settings:
    """*settings* with the members from their files. Raises :class:`SettingsError` with every fault."""
    if not any(group.file for group in settings.group):
        return settings
    faults: list[Fault] = []
    groups = tuple(_read(group, number, file, faults) for number, group in enumerate(settings.group, 1))
    if faults:
        raise SettingsError(faults)
    return replace(settings, group=groups)


def _read(group: Group, number: int, file: Path | str, faults: list[Fault]) -> Group:
    if group.file is None:
        return group
    key = f"group.{number}.file"
    try:
        lines = _lines(group.file)
    except ValueError as error:
        faults.append(Fault(file, key, f"{group.file}: {error}"))
        return group
    members: list[str] = []
    for at, line in enumerate(lines, 1):
        if not (word := line.partition("#")[0].strip()):
            continue
        try:
            members.append(_MEMBER.validate_python(word))
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            faults.append(Fault(group.file, f"line {at}", problem))
            if len(faults) >= 50:
                break
    if len(members) > MOST_MEMBERS:
        faults.append(Fault(file, key, f"{group.file}: holds more than {MOST_MEMBERS} addresses"))
    return replace(group, members=(*group.members, *members))


def _lines(file: Path) -> list[str]:
    """The lines of *file*. Raises :class:`ValueError`, with words for the postmaster."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # a pipe would be waited for
                raise ValueError("is no ordinary file")
            with open(descriptor, "rb", closefd=False) as opened:
                content = opened.read(_LARGEST + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise ValueError("there is no such file") from None
    except PermissionError:
        raise ValueError("may not be read: it must belong to the group segl-settings") from None
    except OSError as error:
        raise ValueError(error.strerror or "cannot be read") from None
    if len(content) > _LARGEST:
        raise ValueError("has more than 8 MB")
    try:
        return content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None


def tenant_faults(settings: Settings, file: Path | str) -> Iterator[Fault]:
    organisations: tuple[Organisation | Tenant, ...] = (settings.organisation, *settings.tenant)
    names = Counter(one.name for one in organisations)
    for name, times in names.items():
        if times > 1:
            hint = "policies and commands tell them apart by it"
            yield Fault(file, "tenant", f"{times} organisations are called {name!r}", hint)
    for domain, times in Counter(domain for one in organisations for domain in one.domains).items():
        if times > 1 and settings.tenant:
            yield Fault(
                file, "tenant", f"{domain} is named {times} times", "a domain belongs to one organisation"
            )
    for number, tenant in enumerate(settings.tenant, 1):
        for key in ("notice_from", "receipts_from"):
            if (address := getattr(tenant, key)) and not (is_plain(address) and address.isascii()):
                yield Fault(file, f"tenant.{number}.{key}", "is not an ordinary ASCII address")
    if not settings.tenant:
        return
    if settings.inbound.on and settings.inbound.keys_open is KeysOpen.ALL:
        hint = 'with several organisations only "holders" will do'
        yield Fault(file, "inbound.keys_open", "would open one organisation's mail with another's key", hint)
    for number, look in enumerate(settings.portal.look, 1):
        owners = {settings.owners.name_at(domain) for domain in look.domains} - {""}
        if len(owners) > 1:
            problem = f"is for domains of {len(owners)} organisations"
            yield Fault(file, f"portal.look.{number}.domains", problem, "give each a look of its own")


def policy_faults(settings: Settings, file: Path | str) -> Iterator[Fault]:
    for table, names in (
        ("policy", Counter(one.name for one in settings.policy)),
        ("group", Counter(one.name for one in settings.group)),
    ):
        for name, times in names.items():
            if times > 1:
                yield Fault(file, table, f"{name} has {times} entries", "keep one, or give it another name")
    for number, entry in enumerate(settings.policy, 1):
        for key, problem, hint in _faults_of(entry, settings):
            yield Fault(file, f"policy.{number}{key}", f"{entry.name}: {problem}", hint)


def _faults_of(entry: Policy, settings: Settings) -> Iterator[tuple[str, str, str]]:
    """``(key, problem, hint)`` of each."""
    yield from _parties(entry, settings)
    yield from _effects(entry, settings)
    yield from _lowering(entry)
    least, most = entry.min_bytes, entry.max_bytes
    if least is not None and most is not None and least > most:
        yield ".max_bytes", "is less than min_bytes", "no message is so"


def _parties(entry: Policy, settings: Settings) -> Iterator[tuple[str, str, str]]:
    groups = {group.name for group in settings.group}
    for key, parties in ((".sender", entry.sender), (".recipient", entry.recipient)):
        for party in parties:
            if party.startswith(GROUP) and party.removeprefix(GROUP) not in groups:
                yield key, f"there is no group {party.removeprefix(GROUP)!r}", "add a [[group]]"
    if entry.organisation and settings.owners.named(entry.organisation) is None:
        known = ", ".join(repr(owner.name) for owner in settings.owners.every[:5])
        yield ".organisation", f"there is no organisation {entry.organisation!r}", f"there are {known}"


def _effects(entry: Policy, settings: Settings) -> Iterator[tuple[str, str, str]]:
    said = (entry.verdict, entry.least, entry.order, entry.receipts, entry.look or None)
    if all(one is None for one in said):
        yield "", "says nothing", "give it a verdict, least, order, receipts or look"
    if entry.least is not None:
        if not (entry.names_sender or entry.names_content or entry.recipient):
            yield ".least", "is for all messages", "set routing.least"
        elif settings.routing.least.meets(entry.least):
            problem = f"{entry.least.value!r} is no more than routing.least, which all messages must have"
            yield ".least", problem, "ask for more, or take it out"
    if entry.order is not None:
        yield from _order(entry, entry.order)
    if entry.receipts is not None and not entry.asks_sender_alone:
        yield ".receipts", "a message has one receipt, written for its sender", _SENDER_ALONE
    if entry.look:
        if not entry.asks_sender_alone:
            yield ".look", "the portal knows the sender alone", _SENDER_ALONE
        if (times := sum(look.name == entry.look for look in settings.portal.look)) != 1:
            problem = f"{times or 'no'} [[portal.look]] {'have' if times else 'has'} the name {entry.look!r}"
            yield ".look", problem, ""


def _order(entry: Policy, order: tuple[Way, ...]) -> Iterator[tuple[str, str, str]]:
    if not entry.asks_recipient_alone:
        hint = "segl-map chooses the way and sees the recipient alone; for content and senders there is least"
        yield ".order", "only recipient counts", hint
    if not order or order[-1] is not Way.PORTAL:
        yield ".order", "must end with portal", "it is the only way that takes anyone"
    for way, times in Counter(order).items():
        if times > 1:
            yield ".order", f"names {way} {times} times", ""


def _lowering(entry: Policy) -> Iterable[tuple[str, str, str]]:
    if entry.verdict is not Decision.PLAIN:
        if entry.lowers:
            yield ".lowers", 'belongs to verdict = "plain"', ""
        return
    if not entry.lowers:
        hint = 'say which categories do not count here: lowers = ["billing"]'
        yield ".verdict", '"plain" does not say what it lowers', hint
    if entry.tags:
        hint = "whoever writes to your people chooses the subject that they answer under"
        yield ".tags", 'cannot belong to verdict = "plain"', hint
    if not entry.sender and not entry.recipient:
        hint = "mail goes out in clear by this: say by name from whom, or to whom"
        yield ".verdict", '"plain" is for everybody', hint
