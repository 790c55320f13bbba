"""Whether the policies do what they were written for, and what they rest on in Postfix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.policy_hidden import hidden
from segl.policy_wide import wide
from segl.postfix.check import Check, Setup, State, judge
from segl.postfix.running import Service
from segl.vocabulary import Decision

# smtpd restriction lists (postconf(5)) in which a sender may be bound to a login.
_LISTS: Final = tuple(
    f"smtpd_{stage}_restrictions" for stage in ("client", "helo", "sender", "relay", "recipient", "data")
)
_BINDS: Final = ("reject_sender_login_mismatch", "reject_authenticated_sender_login_mismatch")


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


def _senders(setup: Setup, names: list[str]) -> Check:
    open_ = [
        service.name
        for service in setup.entrances()
        if service.program == "smtpd" and not _binds_senders(setup, service)
    ]
    return judge(
        "policies.senders",
        not open_,
        f"{', '.join(names)} lower by the sender, whom {', '.join(open_)} lets a client choose"
        if open_
        else "a client cannot write another's address as sender",
        why="whoever may send can take the address of one whose mail goes in clear",
        fix="smtpd_sender_restrictions = reject_authenticated_sender_login_mismatch, with smtpd_sender_login_maps; "
        "or let the server behind a gateway see to it",
        bad=State.WARN,
    )


def _binds_senders(setup: Setup, service: Service) -> bool:
    return any(word in setup.front.value(name, service) for name in _LISTS for word in _BINDS)
