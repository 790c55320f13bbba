"""Looks for those who get mail that the verdict knew nothing of: behind aliases, forwards, blind copies, notices.

They add recipients after the verdict. A message to own recipients alone is plain without being read, and a copy for a
user of this host goes in; an alias that leads outside sends it on. The return port sees whom cleanup(8) has added, and
then sends what own people wrote securely, all of it (:mod:`segl.postfix.check_unread`); whom local(8) or smtp(8) adds
gets it as it is. Named is each alias that ``organisation.forwarded``, and each copy that ``copies_to`` does not name.
"""

from __future__ import annotations

import errno
import glob
import os
import pwd
import re
import stat
from collections.abc import Collection, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from segl.addresses import domain_of, normal_domain
from segl.postfix.check import Check, Setup, State
from segl.postfix.domain_lists import takes_domain
from segl.postfix.outside import goes_on_outside, is_read_for
from segl.postfix.own_ways import Kind, by_local, network_service, ways
from segl.postfix.running import Instance, split_list
from segl.postfix.tables import PATTERNS, Table, TableUnread, entries, tables_in
from segl.settings.document import Settings

_ID: Final = "front.forwards"
# Also "@domain" for a whole domain (virtual(5)), and a local part in quotes.
_ADDRESS = re.compile(r"(?:\"[^\"]+\"|[^\s,;:\"'<>|]*)@\w[\w.-]*")
_COMMAND = re.compile(r"\"\s*\|[^\"]*\"|(?<![^\s,])\|[^,]*")
_INCLUDE = re.compile(r":include:\s*([^\s,\"]+)", re.IGNORECASE)
_USER = re.compile(r"[\w.+-]+")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_DOMAIN_FROM_PATTERN = re.compile(r"@[A-Za-z0-9.-]*\$")

# Parameters that can add recipients or replace them: addresses; tables, and whether these are aliases(5) files.
_ADDRESSES: Final = ("always_bcc", "luser_relay")
_FORWARDING: Final = {
    "alias_maps": True,
    "virtual_alias_maps": False,
    "recipient_canonical_maps": False,
    "canonical_maps": False,
    "recipient_bcc_maps": False,
    "sender_bcc_maps": False,
}
# What no address leads to by its name: copies, and mail to nobody in particular (which local(8) sends on, behind Segl).
_COPIES: Final = "_bcc"
_UNNAMEABLE: Final = (_COPIES, "luser_relay")
# Whom these add the return port sees.
_BY_CLEANUP: Final = (_COPIES, "virtual_alias_maps", "canonical_maps")
_SEEN: Final = (
    "mail of own people to this recipient alone is read by nobody: outside it goes securely, all of it, and mostly by"
    " the portal; what comes in from outside goes on as it came"
)
_UNSEEN: Final = (
    "mail to this recipient counts as inside (to own ones alone it is not read), and leaves as it is"
)
# By these smtp(8) and lmtp(8) write another recipient where mail leaves (generic(5)).
_GENERIC: Final = ("smtp_generic_maps", "lmtp_generic_maps")
_OF_STRAYS: Final = "let it go to an own address, or accept it: then this mail must hold no personal data"
_OF_COPIES: Final = (
    "name the address in organisation.copies_to: what own people write to each other is read then, and the copy goes "
    "securely where it must; or let it go to an own address"
)
_OF_ALIASES: Final = (
    "name the address in organisation.forwarded: what own people write to it is read then, and goes securely where it "
    "must; or let it lead to an own address"
)
# Notices to a postmaster with the header of somebody's mail, or all of it, each with its class of notify_classes.
_NOTICES: Final = {
    "bounce_notice_recipient": "bounce",
    "2bounce_notice_recipient": "2bounce",
    "delay_notice_recipient": "delay",
}
_SHOWN: Final = 5
_MOST_TEXT: Final = 1_000_000

_Found = tuple[str, list[str], str]  # where, the addresses it leads to, why it could not be read


def forward_checks(setup: Setup) -> Iterator[Check]:
    """One for each place that leads outside, or that cannot be looked through."""
    clean = True
    for where, addresses, unread in _forwarding(setup):
        outside = [address for address in addresses if goes_on_outside(setup, address)]
        if _COPIES in where:
            outside = [address for address in outside if not is_read_for(setup.settings, address)]
        why = _SEEN if any(name in where for name in _BY_CLEANUP) else _UNSEEN
        if unread:
            clean = False
            yield Check(_ID, State.UNKNOWN, f"{where}: {unread}", why, "look through it yourself")
        if outside:
            clean = False
            more = f" and {len(outside) - _SHOWN} more" if len(outside) > _SHOWN else ""
            stray = _OF_STRAYS if "luser_relay" in where else _OF_ALIASES
            fix = _OF_COPIES if _COPIES in where else stray
            yield Check(_ID, State.WARN, f"{where} → {', '.join(outside[:_SHOWN])}{more}", why, fix)
    for check in (*_notices(setup), *_other_delimiters(setup)):
        clean = False
        yield check
    if clean:
        yield Check(_ID, State.OK, "no alias, forward or blind copy leads outside")


def _notices(setup: Setup) -> Iterator[Check]:
    """To a postmaster outside. No milter sees what bounce(8) writes, and of mail between own people nobody has read a
    word: its subject is in the header, and a report that cannot be delivered brings the message with it (tried)."""
    writers = [setup.front.service(name, "unix") for name in ("bounce", "defer", "trace")]
    origin = setup.front.value("myorigin")
    for parameter, kind in _NOTICES.items():
        found = {
            setup.front.value(parameter, each)
            for each in (None, *writers)
            if kind in split_list(setup.front.value("notify_classes", each))
        }
        for address in sorted(found):
            if goes_on_outside(setup, address if "@" in address else f"{address}@{origin}"):
                yield Check(
                    _ID,
                    State.WARN,
                    f"{parameter} = {address}, with {kind} in notify_classes",
                    "the headers of mail that failed or waits, of own mail too, go there as they are, or all of it",
                    f"let it be an own address, or take {kind} out of notify_classes",
                )


def _other_delimiters(setup: Setup) -> Iterator[Check]:
    """Postfix finds the alias of bo@ for bo-sag@ as well, if told so. In the settings' addresses a hyphen is a letter,
    or mail to anna-marie@ would be taken for anna@'s."""
    value = setup.front.value("recipient_delimiter")
    others = [sign for sign in value if sign != "+"]
    if not others or not setup.settings.organisation.forwarded:
        return
    yield Check(
        _ID,
        State.WARN,
        f"recipient_delimiter = {value}: with “{others[0]}” behind them (bo{others[0]}sag@) addresses of"
        " organisation.forwarded lead outside as well",
        "Segl knows of “+” alone: mail of own people to such an address is not read, and goes on outside as it is",
        "postconf -e recipient_delimiter=+, or name those that are in use in organisation.forwarded, too",
    )


def addresses_in(text: str) -> list[str]:
    """Addresses with a domain in the right-hand side of an alias; commands (``|…``) are passed over."""
    return [address for line in _lines_in(text) for address in _ADDRESS.findall(line)]


def _lines_in(text: str) -> list[str]:
    """Without commands and comments."""
    kept = _COMMAND.sub(" ", text)
    return [line for line in kept.splitlines() if not line.lstrip().startswith("#")]


def _named_users_in(settings: Settings, text: str, ends_here: Sequence[str]) -> list[str]:
    """Users of this host in the right-hand side of an alias who are said to lead outside, by an address of theirs. One
    behind a backslash is not followed further (aliases(5))."""
    if not ends_here:
        return []
    users = [word.strip('"') for line in _lines_in(text) for word in re.split(r"[\s,]+", line)]
    every = (f"{user}@{domain}" for user in users if _USER.fullmatch(user) for domain in ends_here)
    return [address for address in every if settings.leads_outside(address)]


def _forwarding(setup: Setup) -> Iterator[_Found]:
    ends_here = _ends_here(setup) if setup.settings.organisation.forwarded else []
    for name in _ADDRESSES:
        for place, value in _values(setup, name):
            if value:
                yield place, [value], ""
    tables: dict[tuple[str, Table], str] = {}
    for name in _FORWARDING:
        for place, value in _values(setup, name):
            for table in tables_in(value):
                tables.setdefault((name, table), place)
    # Side by side: Postfix's programs sleep for a second before they end because a table cannot be opened.
    with ThreadPoolExecutor(8) as pool:
        yield from pool.map(
            lambda one: _table_targets(setup, tables[one], one[1], _FORWARDING[one[0]], ends_here), tables
        )
    yield from _dot_forwards(setup, ends_here)
    yield from _generic(setup)


def _generic(setup: Setup) -> Iterator[_Found]:
    """Entries for inside addresses whose mail is handed to another server: of what is handed to programs and
    mailboxes here nothing is changed. Most such tables are about senders, at a name that is none of the house's."""
    tables = {
        table: place
        for name in _GENERIC
        for place, value in _values(setup, name)
        for table in tables_in(value)
    }
    if not tables:
        return
    names = {domain for owner in setup.settings.owners.every for domain in owner.domains}
    names.add(normal_domain(setup.front.value("myhostname")))
    handed_on = {
        domain
        for domain, way in ways(setup.front, names).items()
        if network_service(setup.front, way.transport)
    }
    for table, place in tables.items():
        where, found = f"{place}: {table}", list[str]()
        try:
            for entry in entries(table, setup.front.directory):
                any_ = table.type in PATTERNS or entry.key == "*"
                concerns = handed_on if any_ else handed_on & {domain_of(entry.key)}
                if concerns and not _is_named(setup.settings, entry.key, ()):
                    found += addresses_in(entry.value)
        except TableUnread as error:
            yield where, [], error.private.removeprefix(f"{table} ") if handed_on else ""
        else:
            yield where, list(dict.fromkeys(found)), ""


def _values(setup: Setup, name: str) -> Iterator[tuple[str, str]]:
    """A parameter in main.cf, then wherever a service overrides it, with the place."""
    yield name, setup.front.value(name)
    for service in setup.front.services:
        if name in service.overrides:
            yield f"{service.id}: {name}", service.overrides[name]


def _table_targets(setup: Setup, place: str, table: Table, aliases: bool, ends_here: Sequence[str]) -> _Found:
    where, unread = f"{place}: {table}", ""
    found: list[str] = []
    try:
        for entry in entries(table, setup.front.directory, aliases=aliases):
            if _is_named(setup.settings, entry.key, ends_here) and not any(
                name in place for name in _UNNAMEABLE
            ):
                continue
            if table.type in PATTERNS and _DOMAIN_FROM_PATTERN.search(entry.value):
                unread = f"{entry.key} takes the domain from what was written ({entry.value})"
            for text in _with_included(entry.value):
                found += (*addresses_in(text), *_named_users_in(setup.settings, text, ends_here))
    except TableUnread as error:
        unread = error.private.removeprefix(f"{table} ")
    except OSError as error:
        unread = f"{error.filename}: {error.strerror}"
    return where, list(dict.fromkeys(found)), unread


def _with_included(text: str, seen: set[str] | None = None) -> Iterator[str]:
    """*text*, and what the files say that it includes, and those that they include (aliases(5); tried), each once.
    Raises :class:`OSError`."""
    seen = set() if seen is None else seen
    lines = "\n".join(_lines_in(text))
    yield lines
    for file in _INCLUDE.findall(lines):
        if file not in seen:
            seen.add(file)
            yield from _with_included(_small_text(Path(file)), seen)


def _is_named(settings: Settings, name: str, ends_here: Sequence[str]) -> bool:
    """Whether the settings know that *name*, an address or a user of this host, leads outside. A user has an address at
    each own domain that ends here, and at the host's name."""
    if "@" in name:
        return settings.leads_outside(name)
    return bool(ends_here) and all(settings.leads_outside(f"{name}@{domain}") for domain in ends_here)


def _ends_here(setup: Setup) -> list[str]:
    """The own domains and the host's name, as far as their users are this host's."""
    names = [domain for owner in setup.settings.owners.every for domain in owner.domains]
    names.append(setup.front.value("myhostname").lower())
    return [domain for domain in names if takes_domain(setup, domain, ("mydestination", "myorigin"))]


def _dot_forwards(setup: Setup, ends_here: Sequence[str]) -> Iterator[_Found]:
    """~/.forward of the users with whom mail ends that counts as inside (aliases(5), local(8))."""
    reached = _reached(setup)
    denied = 0
    for user in {user.pw_dir: user for user in pwd.getpwall()}.values():
        if (reached is not None and user.pw_name.lower() not in reached) or _is_named(
            setup.settings, user.pw_name, ends_here
        ):
            continue
        for file in dict.fromkeys(_forward_files(setup, user)):
            try:
                text = _small_text(file, user.pw_uid)
            except PermissionError:
                denied += 1
            except OSError:
                continue
            else:
                # What it includes is not looked into: a user's word is no reason to read a file as root.
                included = _INCLUDE.findall("\n".join(_lines_in(text)))
                unread = f"includes {', '.join(included)}" if included else ""
                found = [*addresses_in(text), *_named_users_in(setup.settings, text, ends_here)]
                yield str(file), found, unread
    if denied and os.geteuid():
        yield "~/.forward", [], f"{denied} home directories may not be read; run as root"


def _reached(setup: Setup) -> set[str] | None:
    """The users of this host who get mail that counts as inside: an own address leads to them, or they are written to
    at a name of the host's own, which segl-map lets in (segl_routing.own_postfix). ``None``: any, or nobody knows."""
    local = set(split_list(setup.front.value("mydestination").lower()))
    own = {domain for owner in setup.settings.owners.every for domain in owner.domains}
    try:
        if any(map(setup.settings.is_own, local)) or any(
            takes_domain(setup, d, ("mydestination",)) for d in own
        ):
            return None
        if _is_local(setup.front, {normal_domain(setup.front.value("myhostname")), "localhost"}):
            return None
        aliases = _names(setup, "alias_maps", local)
        reached = {name for names in _names(setup, "virtual_alias_maps", local).values() for name in names}
    except (TableUnread, OSError, ValueError, _Unforeseeable):
        return None
    waiting = list(reached)
    while waiting:
        more = aliases.get(waiting.pop(), set()) - reached
        reached |= more
        waiting += more
    return reached


def _is_local(front: Instance, names: Collection[str]) -> bool:
    """Whether local(8) delivers mail for one of *names*."""
    found = ways(front, names).values()
    return any(way.kind is Kind.LOCAL and by_local(front, way) is not None for way in found)


class _Unforeseeable(Exception):
    """A pattern says where an address leads."""


def _names(setup: Setup, parameter: str, local: Container[str]) -> dict[str, set[str]]:
    """The names of users that the tables in *parameter* give for each key."""
    found: dict[str, set[str]] = {}
    for _, value in _values(setup, parameter):
        for table in tables_in(value):
            if table.type in PATTERNS:
                raise _Unforeseeable
            for entry in entries(table, setup.front.directory, aliases=_FORWARDING[parameter]):
                value = "\n".join(_with_included(entry.value))
                words = (word.strip('"\\').lower().partition("@") for word in re.split(r"[\s,]+", value))
                names = {name for name, at, domain in words if not at or domain in local}
                found.setdefault(entry.key.lower(), set()).update(names)
    return found


def _forward_files(setup: Setup, user: pwd.struct_passwd) -> Iterator[Path]:
    """Those that ``forward_path`` names for *user*; with an address extension any that is there."""
    known = {"home": user.pw_dir, "user": user.pw_name, "logname": user.pw_name}
    for item in split_list(setup.front.value("forward_path")):
        for delimiter in setup.front.value("recipient_delimiter") or ("",):
            values = {name: glob.escape(value) for name, value in known.items()}
            values |= {"recipient_delimiter": glob.escape(delimiter), "extension": "*" if delimiter else ""}
            pattern = _VARIABLE.sub(lambda m, values=values: values.get(m[1] or m[2], "*"), item)  # type: ignore[misc]
            if not glob.has_magic(pattern):
                yield Path(pattern)
            elif pattern.startswith("/"):
                yield from Path("/").glob(pattern.lstrip("/"))


def _small_text(file: Path, owner: int | None = None) -> str:
    """The text of an ordinary file. Users write these: a pipe must not hang us, nor a link read for them what
    they may not read. Raises :class:`OSError`."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as opened:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or (owner is not None and not _counts(file, status, owner)):
            raise FileNotFoundError(errno.ENOENT, "not an ordinary file of the user", str(file))
        return opened.read(_MOST_TEXT).decode("utf-8", "replace")


def _counts(file: Path, status: os.stat_result, owner: int) -> bool:
    """The user's own, or one that root put there for her: local(8) takes both (tried)."""
    if status.st_uid == owner:
        return True
    return status.st_uid == 0 and not file.is_symlink() and bool(status.st_mode & 0o044)
