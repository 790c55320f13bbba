"""Looks into the front's lookup tables for what main.cf does not show.

* An action ``FILTER`` in a header, body or access table beats ``content_filter`` (header_checks(5), access(5)): what no
  milter has seen goes where the action says. Segl's verdict comes later and beats it in turn (tried). A policy service
  may answer it as well, and what it answers cannot be listed (SMTPD_POLICY_README; tried).
* ``REDIRECT`` beats ``FILTER`` itself, and with it the secure way: the message goes to that address as it is, whatever
  was found in it (header_checks(5); tried). ``BCC`` sends a copy to someone the verdict knew nothing of: before the
  verdict the way that the message goes, behind it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from segl.postfix.check import CLEANUP, REPORT, Check, Setup, State
from segl.postfix.check_demands import demand_filters
from segl.postfix.check_forwards import forward_checks
from segl.postfix.check_taken import taken_checks
from segl.postfix.outside import goes_on_outside, is_read_for
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
_ACTION = re.compile(r"(?:^|[\s,{])(FILTER|REDIRECT|BCC)\s+([^\s}]+)", re.IGNORECASE)
# What stands behind these is words, for people or a field of the message (access(5), header_checks(5)).
_WITH_WORDS = re.compile(
    r"\{?\s*(?:REJECT|DEFER|DEFER_IF_REJECT|DEFER_IF_PERMIT|HOLD|DISCARD|PREPEND|REPLACE|STRIP|INFO|WARN|[45]\d\d)(?!\S)",
    re.IGNORECASE,
)
_MAY_ANSWER = (
    "with an answer REDIRECT a message goes to the address named there as it is, whatever was found in it; with FILTER"
    " what no milter has seen goes out unread"
)
# Policy services that look at SPF alone, as Debian's packages put them into master.cf.
_NEVER_FILTER = frozenset({"policyd-spf", "postfix-policyd-spf-perl"})


def table_checks(setup: Setup) -> Iterator[Check]:
    """Actions in tables, recipients added after the verdict (:mod:`segl.postfix.check_forwards`), and domains that the
    settings do not name (:mod:`segl.postfix.check_taken`): all that needs tables to be listed."""
    yield from _actions(setup)
    yield from forward_checks(setup)
    yield from taken_checks(setup)


def _actions(setup: Setup) -> Iterator[Check]:
    clean = True
    waiting, asked = list(_action_tables(setup)), _policy_services(setup)
    looked = {table for _, table in waiting}
    for place, table in waiting:  # which grows
        try:
            lines = entries(table, setup.front.directory)
        except TableUnread as error:
            clean = False
            why = _MAY_ANSWER
            yield Check(
                "front.filter-actions",
                State.UNKNOWN,
                f"{place}: {error.private}",
                why,
                "look into it yourself",
            )
            continue
        for entry in lines:
            if "check_" in entry.value:  # an answer may be restrictions in turn (access(5))
                waiting += [(place, one) for one in tables_in(entry.value) if one not in looked]
                looked |= set(tables_in(entry.value))
                asked += [
                    one for one in policy_services_in(entry.value) if not _never_filters(setup.front, one)
                ]
            actions = () if _WITH_WORDS.match(entry.value) else _ACTION.finditer(entry.value)
            for match in actions:
                if check := _judge_action(
                    setup, f"{place}: {table}: {entry.key}", match[1].upper(), match[2]
                ):
                    clean = False
                    yield check
    if asked:
        clean = False
        yield Check(
            "front.filter-actions",
            State.UNKNOWN,
            f"policy services are asked: {', '.join(dict.fromkeys(asked))}",
            _MAY_ANSWER,
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
        for table in tables_in(value, answering=True):
            if table not in seen:
                seen.add(table)
                yield place, table


def _action_lists(setup: Setup) -> Iterator[tuple[str, str]]:
    """Every parameter that may name such tables, and each service's own: where it stands, and its value."""
    front = setup.front
    users: list[Service | None] = [None, *front.services]
    classes = [name for one in users for name in split_list(front.value("smtpd_restriction_classes", one))]
    names = (*_CONTENT_TABLES, *_ACCESS_TABLES, *classes)
    for name in dict.fromkeys(names):
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
        if target == setup.opening_filter and where.startswith(f"{CLEANUP}/unix: header_checks: "):
            return None
        if f"FILTER {target}" == setup.unread_action and _is_verdict_table(setup, where):
            return None
        if target == setup.own_filter and where.startswith(f"{setup.settings.postfix.return_port}/inet: "):
            return None
        if target in demand_filters(setup) and _is_verdict_table(setup, where):
            return None
        return Check(
            "front.filter-actions",
            State.FAIL,
            f"{where} → FILTER {target}",
            "FILTER beats content_filter: what has no verdict of Segl's is sent there, unseen; and what has one goes"
            " by it, so that what the FILTER was written for does not happen",
            "take the line out, or let it say DUNNO",
        )
    if not goes_on_outside(setup, target) and "$" not in target.rpartition("@")[2]:
        return None
    if action == "BCC" and not _is_behind_the_verdict(setup, where) and is_read_for(setup.settings, target):
        return None
    state, why = _of_added(setup, where, action)
    fix = "use an address of your own whose mail stays in the house, or take the line out"
    if state is State.WARN:
        fix = f"name the address in organisation.copies_to, so that mail is read for its sake; or {fix}"
    return Check("front.filter-actions", state, f"{where} → {action} {target}", why, fix)


def _is_behind_the_verdict(setup: Setup, where: str) -> bool:
    return where.startswith((f"{CLEANUP}/unix: ", f"{setup.settings.postfix.return_port}/inet: "))


def _of_added(setup: Setup, where: str, action: str) -> tuple[State, str]:
    """What it means that the *action* of this table sends mail to somebody outside."""
    if action == "REDIRECT":
        return (
            State.FAIL,
            "REDIRECT beats the secure way: what matches goes there as it is, whatever was found in it",
        )
    if _is_behind_the_verdict(setup, where):
        return State.FAIL, "behind the verdict nothing is read any more: the copy goes there as it is"
    return (
        State.WARN,
        "it sends mail to someone outside whom the verdict knew nothing of; what was not read goes securely, all of it",
    )


def _is_verdict_table(setup: Setup, where: str) -> bool:
    return f"milter_header_checks: regexp:{setup.front.directory}/segl-verdict: " in where
