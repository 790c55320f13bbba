"""Looks into the front's lookup tables for what main.cf does not show.

* An action ``FILTER`` in a header, body or access table beats both ``content_filter`` and an earlier verdict
  (header_checks(5), access(5)): the message goes where the action says.
  A policy service may answer it as well, and what it answers cannot be listed (SMTPD_POLICY_README; tried).
* ``REDIRECT`` and ``BCC`` send it, or a copy, to someone the verdict knew nothing of.
* Aliases, forwards and blind copies add recipients after the verdict. A message to own recipients alone is
  plain without being read; an alias that leads outside sends it on as it is.
"""

from __future__ import annotations

import errno
import os
import pwd
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from segl.addresses import domain_of
from segl.postfix.check import REPORT, Check, Setup, State
from segl.postfix.check_demands import demand_filters
from segl.postfix.domain_lists import takes_domain
from segl.postfix.running import Instance, Service, split_list
from segl.postfix.tables import Table, TableUnread, entries, policy_services_in, tables_in

_CONTENT_TABLES = (
    "header_checks",
    "mime_header_checks",
    "nested_header_checks",
    "body_checks",
    "milter_header_checks",
)
_ACCESS_TABLES = (
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",
    "smtpd_recipient_restrictions",
    "smtpd_data_restrictions",
    "smtpd_end_of_data_restrictions",
    "smtpd_etrn_restrictions",
)
_ACTION = re.compile(r"(?:^|[\s,{])(FILTER|REDIRECT|BCC)\s+(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s,;:\"'<>|]+@[A-Za-z0-9][A-Za-z0-9.-]*")

# Parameters that can add recipients or replace them, and whether the table is an aliases(5) file.
_FORWARDING = {
    "alias_maps": True,
    "virtual_alias_maps": False,
    "recipient_canonical_maps": False,
    "canonical_maps": False,
    "recipient_bcc_maps": False,
    "sender_bcc_maps": False,
}
# Policy services that look at SPF alone, as Debian's packages put them into master.cf.
_NEVER_FILTER = frozenset({"policyd-spf", "postfix-policyd-spf-perl"})
_SHOWN = 5
_MOST_TEXT = 1_000_000


def table_checks(setup: Setup) -> Iterator[Check]:
    """Actions in tables, then recipients added after the verdict."""
    yield from _actions(setup)
    yield from _forwards(setup)


def _actions(setup: Setup) -> Iterator[Check]:
    clean = True
    for place, table in _action_tables(setup):
        try:
            lines = entries(table, setup.front.directory)
        except TableUnread as error:
            clean = False
            why = "an answer FILTER from it would send mail past Segl"
            yield Check(
                "front.filter-actions",
                State.UNKNOWN,
                f"{place}: {error.private}",
                why,
                "look into it yourself",
            )
            continue
        for entry in lines:
            for match in _ACTION.finditer(entry.value):
                if check := _judge_action(
                    setup, f"{place}: {table}: {entry.key}", match[1].upper(), match[2]
                ):
                    clean = False
                    yield check
    if asked := _policy_services(setup):
        clean = False
        yield Check(
            "front.filter-actions",
            State.UNKNOWN,
            f"policy services are asked: {', '.join(asked)}",
            "an answer FILTER from one would send mail past Segl",
            "see to it that none of them answers FILTER, REDIRECT or BCC (postgrey and Dovecot's quota-status do not)",
        )
    if clean:
        yield Check("front.filter-actions", State.OK, "no table sends mail past Segl")


def _policy_services(setup: Setup) -> list[str]:
    """Those that smtpd asks, without the programs of master.cf that are known for what they answer."""
    found = dict.fromkeys(name for _, value in _action_lists(setup) for name in policy_services_in(value))
    return [name for name in found if not _never_filters(setup.front, name)]


def _never_filters(front: Instance, name: str) -> bool:
    service = front.service(name.removeprefix("unix:private/"), "unix")
    if service is None or service.program != "spawn":
        return False
    argv = re.search(r"\bargv=(\S+)", service.command)
    return argv is not None and Path(argv[1]).name in _NEVER_FILTER


def _action_tables(setup: Setup) -> Iterator[tuple[str, Table]]:
    """Every table whose answers are actions, once, with the parameter that names it."""
    seen = set()
    for place, value in _action_lists(setup):
        for table in tables_in(value):
            if table not in seen:
                seen.add(table)
                yield place, table


def _action_lists(setup: Setup) -> Iterator[tuple[str, str]]:
    """Every parameter that may name such tables, and each service's own: where it stands, and its value."""
    front = setup.front
    classes = split_list(front.value("smtpd_restriction_classes"))
    names = (*_CONTENT_TABLES, *_ACCESS_TABLES, *classes)
    back = setup.return_service
    own = front.service(front.value("cleanup_service_name", back), "unix") if back else None
    users: list[Service | None] = [None, *(s for s in front.services if s is not back and s is not own)]
    for name in names:
        for service in users:
            if service is not None and name not in service.overrides:
                continue
            place = f"{service.id}: {name}" if service else name
            yield place, front.value(name, service)


def _judge_action(setup: Setup, where: str, action: str, target: str) -> Check | None:
    if action == "FILTER":
        if f"FILTER {target}" == setup.verdict_action and _is_verdict_table(setup, where):
            return None
        if target == setup.content_filter:
            return None
        if target == setup.receipt_filter and where.startswith(f"{REPORT}/unix: body_checks: "):
            return None
        if target in demand_filters(setup) and _is_verdict_table(setup, where):
            return None
        return Check(
            "front.filter-actions",
            State.FAIL,
            f"{where} → FILTER {target}",
            "FILTER beats Segl's verdict and content_filter: what matches is sent there, unseen",
            "take the line out, or let it say DUNNO",
        )
    if not _outside(setup, target):
        return None
    return Check(
        "front.filter-actions",
        State.WARN,
        f"{where} → {action} {target}",
        "it sends mail to someone outside whom the verdict knew nothing of",
        "use an address of your own, or take the line out",
    )


def _is_verdict_table(setup: Setup, where: str) -> bool:
    return f"milter_header_checks: regexp:{setup.front.directory}/segl-verdict: " in where


def _forwards(setup: Setup) -> Iterator[Check]:
    clean = True
    why = "mail to this own recipient is plain without being read, and goes on outside as it is"
    fix = "forward to an own address, or accept it: then mail to this recipient must hold no personal data"
    for where, addresses, unread in _forwarding(setup):
        outside = [address for address in addresses if _outside(setup, address)]
        if unread:
            clean = False
            yield Check(
                "front.forwards", State.UNKNOWN, f"{where}: {unread}", why, "look through it yourself"
            )
        if outside:
            clean = False
            more = f" and {len(outside) - _SHOWN} more" if len(outside) > _SHOWN else ""
            yield Check(
                "front.forwards", State.WARN, f"{where} → {', '.join(outside[:_SHOWN])}{more}", why, fix
            )
    if clean:
        yield Check("front.forwards", State.OK, "no alias, forward or blind copy leads outside")


def _forwarding(setup: Setup) -> Iterator[tuple[str, list[str], str]]:
    """``(where, addresses it leads to, why it could not be read)``."""
    front = setup.front
    for name in ("always_bcc", "luser_relay"):
        if value := front.value(name):
            yield name, [value], ""
    for name, aliases in _FORWARDING.items():
        for table in tables_in(front.value(name)):
            yield _table_targets(front, name, table, aliases)
    yield from _dot_forwards(setup)


def _table_targets(front: Instance, name: str, table: Table, aliases: bool) -> tuple[str, list[str], str]:
    where, found, unread = f"{name}: {table}", [], ""
    try:
        for entry in entries(table, front.directory, aliases=aliases):
            found += addresses_in(entry.value)
            for file in re.findall(r":include:\s*([^\s,\"]+)", entry.value):
                found += addresses_in(_small_text(Path(file)))
    except TableUnread as error:
        unread = error.private
    except OSError as error:
        unread = f"{error.filename}: {error.strerror}"
    return where, list(dict.fromkeys(found)), unread


def addresses_in(text: str) -> list[str]:
    """Addresses with a domain in the right-hand side of an alias; commands (``|…``) are passed over."""
    kept = re.sub(r"\"\s*\|[^\"]*\"|(?<![^\s,])\|[^,]*", " ", text)
    lines = (line for line in kept.splitlines() if not line.lstrip().startswith("#"))
    return [address for line in lines for address in _ADDRESS.findall(line)]


def _dot_forwards(setup: Setup) -> Iterator[tuple[str, list[str], str]]:
    """~/.forward of users, where local(8) delivers mail to own domains (aliases(5), local(8))."""
    local = set(split_list(setup.front.value("mydestination").lower()))
    own = {domain for owner in setup.settings.owners.every for domain in owner.domains}
    if not local & own or "forward" not in setup.front.value("forward_path"):
        return
    denied = 0
    for home, owner in {user.pw_dir: user.pw_uid for user in pwd.getpwall()}.items():
        file = Path(home) / ".forward"
        try:
            text = _small_text(file, owner)
        except PermissionError:
            denied += 1
        except OSError:
            continue
        else:
            yield str(file), addresses_in(text), ""
    if denied and os.geteuid():
        yield "~/.forward", [], f"{denied} home directories may not be read; run as root"


def _small_text(file: Path, owner: int | None = None) -> str:
    """The text of an ordinary file. Users write these: a pipe must not hang us, nor a link read for them what
    they may not read. Raises :class:`OSError`."""
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as opened:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or (owner is not None and status.st_uid != owner):
            raise FileNotFoundError(errno.ENOENT, "not an ordinary file of the user", str(file))
        return opened.read(_MOST_TEXT).decode("utf-8", "replace")


def _outside(setup: Setup, address: str) -> bool:
    """Whether mail to *address* leaves the house. A bare name is local."""
    domain = domain_of(address)
    if not domain or domain == "localhost" or setup.settings.is_own(domain):
        return False
    names = ("mydestination", "virtual_mailbox_domains", "myhostname", "myorigin")
    return not takes_domain(setup, domain, names)
