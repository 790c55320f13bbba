"""What follows from what was seen of canaries. Pure.

A canary is *in clear* when the front delivered it itself, by the way of ordinary mail: at the own sink it then arrives
on the front's socket, from a sink outside the front's report says so. It is *unread* when it went securely although no
milter had seen it: closed when in doubt, but nobody looks at what is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from segl.vocabulary import CanaryOutcome


class CanaryResult(StrEnum):
    """How a canary fares. All but the first two are alarms."""

    UNDERWAY = "underway"
    ARRIVED = "arrived"
    CLEAR = "clear"
    UNREAD = "unread"
    LATE = "late"
    REFUSED = "refused"  # the front did not take it
    FAILED = "failed"

    @property
    def alarms(self) -> bool:
        return self not in (CanaryResult.UNDERWAY, CanaryResult.ARRIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One canary. Times are Unix seconds; ``read`` says whether the milter had read it. At the sinks behind the ways
    two tell of it, the sink and Postfix's report of the secure instance: until both have it is underway."""

    id: str
    sink: str
    sent_at: float
    host: str = ""
    envelope_id: str = ""
    refused: str | None = None
    came: CanaryOutcome | None = None
    came_at: float | None = None
    read: bool | None = None
    way: str | None = None
    detail: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return None if self.came_at is None else max(0.0, self.came_at - self.sent_at)

    def result(self, now: float, late_after: float) -> CanaryResult:
        if self.came is CanaryOutcome.CLEAR:
            return CanaryResult.CLEAR
        if self.came is CanaryOutcome.FAILED:
            return CanaryResult.FAILED
        if self.came is CanaryOutcome.SECURE and self.read is not None:
            if not self.read:
                return CanaryResult.UNREAD
            return CanaryResult.LATE if (self.seconds or 0.0) > late_after else CanaryResult.ARRIVED
        if self.refused is not None:
            return CanaryResult.REFUSED
        return CanaryResult.LATE if now - self.sent_at > late_after else CanaryResult.UNDERWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLook:
    """What was wrong in a host's Postfix settings when it looked last; ``None`` for nothing. ``milter``: mail comes in
    without it and goes securely, unexamined. ``leaks``: mail may leave in clear, or cannot pass."""

    milter: str | None = None
    leaks: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryStanding:
    """How it stands with one sink's canaries from one host. ``last`` is the last canary of which something is known,
    ``overdue`` the seconds since one should have arrived as it should (below zero: none is missing), ``counts`` those
    sent lately by result."""

    sink: str
    host: str
    last: Sent | None
    result: CanaryResult
    overdue: float
    counts: Mapping[CanaryResult, int]

    @property
    def alarms(self) -> bool:
        return self.result.alarms or self.overdue > 0 or self.counts.get(CanaryResult.CLEAR, 0) > 0


def standing_of(
    sink: str, host: str, sent: Iterable[Sent], *, every: float, late_after: float, now: float, since: float
) -> CanaryStanding:
    """*sent* are canaries of the last day, in any order; those to this sink from this host count: what arrives by
    another says nothing of this one. *since* is when watching began: before that nothing is missing."""
    mine = (one for one in sent if (one.sink, one.host) == (sink, host))
    ordered = sorted(mine, key=lambda one: one.sent_at)
    results = [(one, one.result(now, late_after)) for one in ordered]
    known = [pair for pair in results if pair[1] is not CanaryResult.UNDERWAY]
    good = [one.sent_at for one, result in results if result is CanaryResult.ARRIVED]
    begin = good[-1] if good else min((since, *(one.sent_at for one in ordered)))
    last, result = known[-1] if known else (None, CanaryResult.UNDERWAY)
    return CanaryStanding(
        sink=sink,
        host=host,
        last=last,
        result=result,
        overdue=now - begin - every - late_after,
        counts=Counter(result for _, result in results),
    )


def worst(standings: Iterable[CanaryStanding]) -> CanaryStanding:
    """The one that needs somebody first. Raises ValueError when there is none."""
    return max(
        standings,
        key=lambda one: (one.counts.get(CanaryResult.CLEAR, 0) > 0, one.alarms, one.overdue),
    )
