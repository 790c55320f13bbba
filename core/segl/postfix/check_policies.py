"""Whether the policies do what they were written for, and what they rest on in Postfix."""

from __future__ import annotations

from collections.abc import Iterator

from segl.policy.hidden import hidden, nobodys
from segl.policy.wide import wide
from segl.postfix.check import Check, Setup, State, judge
from segl.postfix.sender_binding import binding, near_clients
from segl.vocabulary import Decision


def policy_checks(setup: Setup) -> Iterator[Check]:
    """The checks `policies.*`; none without policies."""
    entries = setup.settings.policies.entries
    if not entries:
        return
    lost = list(hidden(entries))
    yield judge(
        "policies.hidden",
        not lost,
        "; ".join(
            f"{entry.name}: its {term} never counts after {before.name}" for entry, term, before in lost
        )
        or f"{len(entries)} polic{'y' if len(entries) == 1 else 'ies'}",
        why="an entry before it holds whenever it does",
        fix="put it before, or take it out",
        bad=State.WARN,
    )
    if setup.settings.group:
        yield _groups(setup)
    open_ = list(wide(setup.settings))
    yield judge(
        "policies.wide",
        not open_,
        "; ".join(f"{one.entry.name} {one.why}" for one in open_) or "none sends in clear for many at once",
        why="what it opens may be more than was meant",
        fix="name senders, recipients and categories one by one",
        bad=State.WARN,
    )
    lowering = [entry for entry in entries if entry.verdict is Decision.PLAIN]
    if not lowering:
        return
    yield Check(
        "policies.lowering", State.OK, f"mail may go in clear by {', '.join(e.name for e in lowering)}"
    )
    by_sender = [entry.name for entry in lowering if entry.names_sender]
    if by_sender:
        yield _senders(setup, by_sender)


def _groups(setup: Setup) -> Check:
    groups = setup.settings.group
    empty = [
        f"{group.name} holds nobody, and is named by {', '.join(entry.name for entry in naming)}"
        for group, naming in nobodys(groups, setup.settings.policies.entries)
    ]
    return judge(
        "policies.groups",
        not empty,
        "; ".join(empty) or f"{sum(len(group.members) for group in groups)} members in groups",
        why="what is to be held or secure for the members of a group is so for nobody",
        fix="look into the group's file; segl policy list",
        bad=State.WARN,
    )


def _senders(setup: Setup, names: list[str]) -> Check:
    found = [(service, binding(setup.front, service)) for service in setup.entrances()]
    open_ = [
        f"{service.name}{f' (after {bound.permits}, which may permit)' if bound.permits else ''}"
        for service, bound in found
        if service.program == "smtpd" and not bound
    ]
    near = ", ".join(dict.fromkeys(net for service, _ in found for net in near_clients(setup.front, service)))
    return judge(
        "policies.senders",
        not open_,
        f"{', '.join(names)} lower by the sender, whom {', '.join(open_)} lets a client choose"
        if open_
        else "a client that logs in cannot write another's address as sender"
        + (f"; one of mynetworks can, without login: {near}" if near else ""),
        why="whoever may send can take the address of one whose mail goes in clear",
        fix="smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch, before all that permits, with "
        "smtpd_sender_login_maps; or let the server behind a gateway see to it",
        bad=State.WARN,
    )
