"""What the weekly report says, section by section. A section is a function from the week to a heading and its
lines; the report shows those of :data:`SECTIONS`, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from segl.certificates.records import CertificateRecords
from segl.days import days_earlier
from segl.receipts.statistics import DAYS, WAYS, Volumes
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl.vocabulary import Way
from segl_delivery.receipts.endings import endings
from segl_delivery.receipts.weekly_rules import rules_that_cost
from segl_delivery.receipts.weekly_texts import WeeklyTexts

_MOST_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Week:
    """What a section may look at: seven days up to ``end``, a midnight of local time; the store as it is ``now``."""

    connection: Connection
    settings: Settings
    owner: Owner  # whose report it is
    texts: WeeklyTexts
    volumes: Volumes
    end: datetime
    now: datetime

    @property
    def begin(self) -> datetime:
        return days_earlier(self.end, DAYS)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines, in words."""

    heading: str
    lines: tuple[str, ...]


def by_way(week: Week) -> Section:
    """How many recipients by which way, this week and the one before."""
    texts, total, before = week.texts, week.volumes.total, week.volumes.before
    lines = (
        texts.way.format(way=texts.ways[way], now=total[way], before=before[way])
        for way in WAYS
        if total[way] + before[way]
    )
    return Section(texts.volumes, tuple(lines) or (texts.nothing,))


def portal(week: Week) -> Section:
    """The portal's share, and the domains that end there."""
    total = week.volumes.total
    number = sum(total.values())
    share = total[Way.PORTAL] / number if number else 0.0
    first = week.texts.share.format(percent=f"{100 * share:.0f}", number=total[Way.PORTAL], all=number)
    return Section(week.texts.portal, (first, *_most(week.volumes.sealed, week.texts)))


def failed(week: Week) -> Section:
    """The domains that mail did not reach."""
    return Section(week.texts.failed, _most(week.volumes.failed, week.texts) or (week.texts.none,))


def ending(week: Week) -> Section:
    """Certificates that end soon."""
    texts, kept = week.texts, CertificateRecords.kept_in(week.connection)
    lines = [
        (texts.ends if days >= 0 else texts.ended).format(name=name, days=abs(days))
        for name, days in endings(week.settings, week.now, week.owner, kept)
    ]
    return Section(texts.ending, _first(lines, texts) or (texts.none,))


def false_alarms(week: Week) -> Section:
    """What senders say of mail that was wrongly sent securely."""
    texts, address = week.texts, week.owner.feedback
    return Section(
        texts.false_alarms, (texts.feedback.format(address=address) if address else texts.no_feedback,)
    )


def rules(week: Week) -> Section:
    """The rules with most false alarms; a tenant's of its own senders alone."""
    owner, owners = week.owner, week.settings.owners

    def counts(domain: str) -> bool:
        return not owner.is_tenant or owners.find(domain) is owner

    return Section(*rules_that_cost(week.connection, week.begin, week.end, owner.language, counts))


SECTIONS: Final[tuple[Callable[[Week], Section], ...]] = (
    by_way,
    portal,
    failed,
    ending,
    false_alarms,
    rules,
)


def _most(counted: Counter[str], texts: WeeklyTexts) -> tuple[str, ...]:
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    return _first([f"{domain}: {count}" for domain, count in ordered], texts)


def _first(lines: list[str], texts: WeeklyTexts) -> tuple[str, ...]:
    more = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], *([texts.more.format(number=more)] if more > 0 else []))
