"""What was delivered by which way, counted from the records of sent messages: the one source of ``segl domains`` and of
the weekly report.

A recipient outside counts once for each message, by the way that took his copy, when it took it. What had been
handed on and came back counts among what failed. Nothing is counted that no delivery report told of: mail with the
null sender, and mail without a receipts key.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.days import days_earlier
from segl.receipts.states import Stage, State
from segl.tables.receipts import sent_message, sent_recipient
from segl.vocabulary import Way

DAYS: Final = 7
WAYS: Final = (Way.TUNNEL, Way.CERTIFICATE, Way.TLS, Way.PORTAL)
Messages = sa.Select[tuple[str]]  # ids (segl.receipts.of_owner)
# Domains in one question. Each question looks at all that is kept, and among many domains thousands are mistyped.
_AT_ONCE: Final = 10_000
_SERVED: Final = (State.SENT.value, State.SEALED.value)
_BAD: Final = (State.FAILED.value, State.DELAYED.value)


@dataclass(slots=True)
class DomainTraffic:
    """One domain: recipients by the way that served them, in the time asked for; how many were not reached, and how
    many wait; when mail last got through, by each way, in that time, or ever if it did not then. Unix seconds."""

    domain: str
    recipients: dict[Way, int] = field(default_factory=dict)
    failed: int = 0
    waiting: int = 0
    last: dict[Way, float] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.recipients.values())

    @property
    def portal_share(self) -> float:
        """From 0 to 1."""
        return self.recipients.get(Way.PORTAL, 0) / self.total if self.total else 0.0


def traffic_since(connection: Connection, moment: float, of: Messages | None = None) -> list[DomainTraffic]:
    """The domains mailed to since *moment* (Unix seconds), those with most recipients first; by the messages *of*,
    or by all."""
    found: dict[str, DomainTraffic] = {}
    last: dict[str, dict[Way, float]] = {}
    lines = _lines(of, heard_since=moment).subquery()
    query = sa.select(
        lines.c.domain,
        lines.c.way,
        lines.c.state,
        sa.func.sum(sa.case((lines.c.at >= moment, 1), else_=0)),
        sa.func.max(lines.c.at),
    ).group_by(lines.c.domain, lines.c.way, lines.c.state)
    for domain, word, state, number, at in connection.execute(query):
        way = _way(word)
        if state in _SERVED and way is not None:
            latest = last.setdefault(domain, {})
            latest[way] = max(at, latest.get(way, 0.0))
        if not number:
            continue
        one = found.setdefault(domain, DomainTraffic(domain))
        if state in _SERVED and way is not None:
            one.recipients[way] = one.recipients.get(way, 0) + int(number)
        elif state == State.FAILED:
            one.failed += int(number)
        else:
            one.waiting += int(number)
    silent = [domain for domain in found if domain not in last]
    last |= _last_ever(connection, silent, of)
    for domain, one in found.items():
        one.last = last.get(domain, {})
    return sorted(found.values(), key=lambda one: (-one.total, -one.failed, one.domain))


def _last_ever(
    connection: Connection, domains: Sequence[str], of: Messages | None
) -> dict[str, dict[Way, float]]:
    """When mail to these *domains* last got through by each way. It takes a look at all that is kept."""
    found: dict[str, dict[Way, float]] = {}
    for first in range(0, len(domains), _AT_ONCE):
        lines = _lines(of).subquery()
        query = sa.select(lines.c.domain, lines.c.way, sa.func.max(lines.c.at)).where(
            lines.c.domain.in_(domains[first : first + _AT_ONCE]), lines.c.state.in_(_SERVED)
        )
        for domain, word, at in connection.execute(query.group_by(lines.c.domain, lines.c.way)):
            if (way := _way(word)) is not None:
                found.setdefault(domain, {})[way] = at
    return found


@dataclass(frozen=True, slots=True)
class Volumes:
    """Recipients outside in seven whole days: by day and way, the seven before by way, those sealed by domain, and
    those that failed by domain."""

    days: tuple[Counter[Way], ...]
    before: Counter[Way]
    sealed: Counter[str]
    failed: Counter[str]

    @property
    def total(self) -> Counter[Way]:
        return sum(self.days, Counter[Way]())


def volumes_until(connection: Connection, end: datetime, of: Messages | None = None) -> Volumes:
    """Of the seven days before *end*, a midnight of local time; of the messages *of*, or of all."""
    midnights = [days_earlier(end, ago).timestamp() for ago in range(2 * DAYS, -1, -1)]
    days = tuple(Counter[Way]() for _ in range(DAYS))
    volumes = Volumes(days, Counter(), Counter(), Counter())
    for row in _between(connection, midnights[0], midnights[-1], of):
        day = bisect_right(midnights, row.at) - 1 - DAYS
        way = _way(row.way)
        if row.state == State.FAILED and day >= 0:
            volumes.failed[row.domain] += 1
        if row.state not in _SERVED or way is None:
            continue
        if day < 0:
            volumes.before[way] += 1
            continue
        days[min(day, DAYS - 1)][way] += 1
        if way is Way.PORTAL:
            volumes.sealed[row.domain] += 1
    return volumes


def _between(connection: Connection, begin: float, end: float, of: Messages | None) -> Iterator[sa.Row[Any]]:
    lines = _lines(of, heard_since=begin).subquery()
    yield from connection.execute(sa.select(lines).where(lines.c.at >= begin, lines.c.at < end))


def _lines(of: Messages | None, heard_since: float | None = None) -> sa.CompoundSelect[Any]:
    """Each outside recipient of each message once, as a receipt would tell of him
    (:meth:`segl.receipts.states.Line.of`): domain, way, state, at. With *heard_since* (Unix seconds) only of messages
    of which something was heard since, and so of all whose line is of that time."""
    secure, front = sent_recipient.alias("secure"), sent_recipient.alias("front")
    same = sa.and_(secure.c.message_id == front.c.message_id, secure.c.recipient == front.c.recipient)
    by_secure, by_front = secure.c.stage == Stage.SECURE.value, front.c.stage == Stage.FRONT.value
    back = sa.and_(secure.c.state.in_(_SERVED), front.c.state.in_(_BAD))
    told = sa.select(
        secure.c.domain,
        secure.c.way,
        sa.case((back, front.c.state), else_=secure.c.state).label("state"),
        sa.case((back, front.c.at), else_=secure.c.at).label("at"),
    ).select_from(secure.outerjoin(front, sa.and_(same, by_front)))
    never_left = sa.select(front.c.domain, front.c.way, front.c.state, front.c.at).select_from(
        front.outerjoin(secure, sa.and_(same, by_secure))
    )
    told = told.where(by_secure, _outside(secure))
    never_left = never_left.where(by_front, secure.c.message_id.is_(None), _outside(front))
    if heard_since is not None:
        heard = sa.select(sent_recipient.c.message_id).where(sent_recipient.c.at >= heard_since)
        heard = heard.where(*_among(of, sent_recipient))
        told = told.where(secure.c.message_id.in_(heard))
        never_left = never_left.where(front.c.message_id.in_(heard))
    else:
        told, never_left = told.where(*_among(of, secure)), never_left.where(*_among(of, front))
    return sa.union_all(told, never_left)


def _among(of: Messages | None, table: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """Asked of each message in turn: a list of all those *of* one organisation, of a year, would be made first."""
    return [] if of is None else [of.where(sent_message.c.id == table.c.message_id).exists()]


def _outside(table: sa.FromClause) -> sa.ColumnElement[bool]:
    way, domain = table.c.way, table.c.domain
    return sa.and_(sa.or_(way.is_(None), way != Way.INTERNAL.value), domain != "")


def _way(word: str | None) -> Way | None:
    """``None`` for what no server took, and for ways of another version."""
    return next((way for way in WAYS if way.value == word), None)
