"""The recipient domains mailed to, and how each stands: for ``segl domains``. Reads the store, looks nothing up.

The way "now" is that of an ordinary recipient, by what segl-map found out last, of whatever age: single recipients
may have a certificate of their own, and single messages may demand more.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from segl.events import Events
from segl.receipts.of_owner import messages_of
from segl.receipts.statistics import DomainTraffic, traffic_since
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl.store.engine import open_existing, transaction
from segl.vocabulary import Way
from segl_routing.fallback.marking import Fallback, Marked
from segl_routing.fallback.marks import marks_in
from segl_routing.lookups import Lookups
from segl_routing.outcome import Outcome, Routed
from segl_routing.postmaster.repairs import NeededRepair, needed_repairs
from segl_routing.proofs.archive import facts_in
from segl_routing.proofs.checking import CheckedWith
from segl_routing.proofs.facts import DomainFacts
from segl_routing.routes import RouteTable
from segl_routing.tunnels import Tunnels


@dataclass(frozen=True, slots=True)
class DomainReport:
    """One domain. ``repairs`` is what its postmaster could do, and empty unless forced TLS cannot be taken."""

    traffic: DomainTraffic
    outcome: Outcome
    facts: DomainFacts | None
    marked: Marked | None
    repairs: tuple[NeededRepair, ...]

    @property
    def domain(self) -> str:
        return self.traffic.domain

    @property
    def way(self) -> Way | None:
        return self.outcome.route.way if isinstance(self.outcome, Routed) else None

    @property
    def proof(self) -> str:
        return self.outcome.proof.value if isinstance(self.outcome, Routed) and self.outcome.proof else ""

    @property
    def reason(self) -> str:
        return self.outcome.route.reason if isinstance(self.outcome, Routed) else self.outcome.reason

    @property
    def last(self) -> tuple[Way, float] | None:
        """By which way mail last got through, and when."""
        return max(self.traffic.last.items(), key=lambda one: one[1], default=None)

    @property
    def found_at(self) -> float:
        """When the newest of what speaks against forced TLS was found out; 0 when nothing was."""
        checked = self.facts.checked_at if self.facts is not None else 0.0
        return max(checked, self.marked.since if self.marked is not None else 0.0)

    def as_dict(self) -> dict[str, Any]:
        last = self.last
        return {
            "domain": self.domain,
            "way": self.way and self.way.value,
            "proof": self.proof or None,
            "reason": self.reason,
            "recipients": {way.value: number for way, number in sorted(self.traffic.recipients.items())},
            "total": self.traffic.total,
            "portal_share": round(self.traffic.portal_share, 4),
            "failed": self.traffic.failed,
            "waiting": self.traffic.waiting,
            "last_success": last and {"way": last[0].value, "at": round(last[1], 1)},
            "checked_at": self.facts and round(self.facts.checked_at, 1),
            "marked": self.marked and {"reason": self.marked.reason, "until": round(self.marked.until, 1)},
            "repairs": [one.as_dict() for one in self.repairs],
        }


@dataclass(frozen=True, slots=True)
class Reports:
    """All domains' traffic, the biggest first; *report* tells more of one."""

    traffic: tuple[DomainTraffic, ...]
    reported: Callable[[Iterable[DomainTraffic]], list[DomainReport]]

    @property
    def recipients(self) -> int:
        return sum(one.total for one in self.traffic)

    @property
    def by_portal(self) -> int:
        return sum(one.recipients.get(Way.PORTAL, 0) for one in self.traffic)


def domains_of(
    settings: Settings, events: Events, *, days: int, now: float, owner: Owner | None = None
) -> Reports:
    """The domains of the last *days*, today with them; with *owner*, those its people write to. Raises
    :class:`~segl.errors.StoreError`, also when there is no store yet."""
    engine = open_existing(settings.store.url)
    with transaction(engine) as connection:
        of = messages_of(connection, owner, settings.owners) if owner is not None else None
        traffic = tuple(traffic_since(connection, _midnight(now, days - 1), of))
        marked = {one.domain: one for one in marks_in(connection) if one.stands}
    table, checked_with = RouteTable(settings), CheckedWith.of(settings).digest
    tunnels = Tunnels(settings, events.certificate_refused, events.tunnel_list_unreadable)
    fallback = Fallback(settings.routing, marked.values())

    def report(one: DomainTraffic, facts: DomainFacts | None) -> DomainReport:
        domain = one.domain
        outcome = table.decide(
            f"postmaster@{domain}",
            Lookups(lambda name: tunnels.state(name, now), lambda _: facts, mark=fallback.mark),
            now=now,
        )
        mark = marked.get(domain)
        elsewhere = isinstance(outcome, Routed) and outcome.route.way is not Way.PORTAL
        if elsewhere or _is_ours(settings, domain):
            return DomainReport(one, outcome, facts, mark, ())
        return DomainReport(one, outcome, facts, mark, needed_repairs(facts, mark, table.least(domain)))

    def reported(some: Iterable[DomainTraffic]) -> list[DomainReport]:
        wanted = list(some)
        with transaction(engine) as connection:
            known = facts_in(connection, (one.domain for one in wanted), checked_with)
        return [report(one, known.get(one.domain)) for one in wanted]

    return Reports(traffic, reported)


def _midnight(now: float, days_before: int) -> float:
    """The beginning of the day, in local time, so many days before that of *now*."""
    day = datetime.date.fromtimestamp(now) - datetime.timedelta(days=days_before)
    return datetime.datetime.combine(day, datetime.time()).timestamp()


def _is_ours(settings: Settings, domain: str) -> bool:
    """Whether it is our own postmaster who sends the domain to the portal."""
    pin = settings.pin(domain)
    return pin is not None and pin.way is Way.PORTAL
