"""How much secure mail goes to which domain by which way, and when it last got through: counts by day, no address.

segl-map counts recipients as it answers for them, segl-deliver tells what it has handed on. Both add to the same
tables, from several nodes too, so rows are only ever added to, or moved on in time.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from segl.tables.domains import domain_delivery, domain_traffic
from segl.vocabulary import Way

Counts = Mapping[tuple[str, str, Way], int]  # (domain, day, way): recipients
Moments = Mapping[tuple[str, Way], float]  # (domain, way): Unix seconds


@dataclass(slots=True)
class DomainTraffic:
    """One domain: recipients by way in the days asked for, and when mail last got through by each way, ever."""

    domain: str
    recipients: dict[Way, int] = field(default_factory=dict)
    last: dict[Way, float] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.recipients.values())

    @property
    def portal_share(self) -> float:
        """From 0 to 1."""
        return self.recipients.get(Way.PORTAL, 0) / self.total if self.total else 0.0


def day_of(moment: float, days_before: int = 0) -> str:
    """The day of *moment* (Unix seconds) in local time, as the tables write it."""
    return (datetime.date.fromtimestamp(moment) - datetime.timedelta(days=days_before)).isoformat()


def add(connection: Connection, counts: Counts, moments: Moments) -> None:
    """Add *counts*, and move the last successes on to *moments*. In a fixed order, so that two writers wait for
    each other and never in a circle."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    if counts:
        row = insert(domain_traffic)
        more = domain_traffic.c.recipients + row.excluded.recipients
        connection.execute(
            row.on_conflict_do_update(
                index_elements=list(domain_traffic.primary_key), set_={"recipients": more}
            ),
            [
                {"domain": domain, "day": day, "way": way.value, "recipients": number}
                for (domain, day, way), number in sorted(counts.items())
            ],
        )
    if moments:
        row = insert(domain_delivery)
        connection.execute(
            row.on_conflict_do_update(
                index_elements=list(domain_delivery.primary_key),
                set_={"last_at": row.excluded.last_at},
                where=domain_delivery.c.last_at < row.excluded.last_at,
            ),
            [
                {"domain": domain, "way": way.value, "last_at": at}
                for (domain, way), at in sorted(moments.items())
            ],
        )


def prune(connection: Connection, day: str, moment: float) -> None:
    """Forget what is of before *day*, and successes of before *moment* (Unix seconds)."""
    connection.execute(domain_traffic.delete().where(domain_traffic.c.day < day))
    connection.execute(domain_delivery.delete().where(domain_delivery.c.last_at < moment))


def traffic_since(connection: Connection, day: str) -> list[DomainTraffic]:
    """The domains mailed to on *day* or later, those with most recipients first. Ways of another version are left
    out."""
    found: dict[str, DomainTraffic] = {}
    counted, told = domain_traffic.c, domain_delivery.c
    summed = (
        sa.select(counted.domain, counted.way, sa.func.sum(counted.recipients))
        .where(counted.day >= day)
        .group_by(counted.domain, counted.way)
    )
    for domain, way, number in connection.execute(summed):
        if (known := _way(way)) is not None:
            found.setdefault(domain, DomainTraffic(domain)).recipients[known] = int(number)
    for domain, way, at in connection.execute(sa.select(told.domain, told.way, told.last_at)):
        if domain in found and (known := _way(way)) is not None:
            found[domain].last[known] = at
    return sorted(found.values(), key=lambda one: (-one.total, one.domain))


def _way(word: str) -> Way | None:
    try:
        return Way(word)
    except ValueError:
        return None
