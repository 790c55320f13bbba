"""What other thresholds would have made of decisions of one's own.

There may be millions of them: each is read once, whatever is asked, and none is kept. Where there are too many for
that, some are taken at random and the others reckoned by them; those that people spoke of are all looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from segl.decisions.record import DecisionRecord
from segl.decisions.said import Feedback, Says
from segl.vocabulary import FAINT, Decision, Label
from segl_classifier.evaluation.tradeoff import Name, OnMail, Row, at_threshold, weighings_of
from segl_classifier.tuning.again import Terms


@dataclass(frozen=True, slots=True)
class _Tried:
    """Other thresholds of ``name`` than the present one, the lowest first: where each is counted, and its terms."""

    name: Name
    least: float
    others: tuple[tuple[OnMail, Terms], ...]


class OwnMail:
    """Counts in the rows of *tables* (by the name whose thresholds they have) what becomes of decisions."""

    def __init__(self, terms: Terms, tables: Mapping[Name, Sequence[Row]]) -> None:
        self._terms = terms
        self._rows = [row for rows in tables.values() for row in rows]
        self._tried = [
            _Tried(
                name,
                min(row.threshold for row in rows),
                tuple(
                    (row.mail, at_threshold(terms, name, row.threshold)) for row in rows if not row.present
                ),
            )
            for name, rows in tables.items()
        ]

    def count(self, mail: Iterable[DecisionRecord], decisions: int, part: float) -> int:
        """Count those of *mail*, a *part* of all *decisions*, that would go another way; how many it was. Where it was
        a part, the counts are reckoned for all."""
        looked_at = 0
        for record in mail:
            looked_at += 1
            for row, then in self._turned(record):
                row.to_secure += then is not Decision.PLAIN
                row.to_plain += then is Decision.PLAIN
        if part < 1 and looked_at:
            for one in self._rows:
                one.mail.to_secure = round(one.mail.to_secure * decisions / looked_at)
                one.mail.to_plain = round(one.mail.to_plain * decisions / looked_at)
        return looked_at

    def hold_against(self, spoken_of: Iterable[DecisionRecord], said: Mapping[str, Feedback]) -> int:
        """Count those that would then be as people said, or not any more; how many were spoken of."""
        number = 0
        for record in spoken_of:
            number += 1
            for row, then in self._turned(record):
                as_it_was = (record.verdict is Decision.PLAIN) == (then is Decision.PLAIN)
                if (said[record.id].says is Says.WRONG) != as_it_was:
                    row.mended += 1
                else:
                    row.spoilt += 1
        return number

    def _turned(self, record: DecisionRecord) -> Iterator[tuple[OnMail, Decision]]:
        """At which thresholds *record* would go securely instead of plain, or the other way round."""
        if not record.hits and (record.said is None or record.said.any < FAINT):
            return  # most mail says nothing at all
        weighings = weighings_of(record, self._terms)
        now: Decision | None = None
        for tried in self._tried:
            weighing = weighings.whole if tried.name == "any" else weighings.labels.get(Label(tried.name))
            if weighing is None or weighing.score < tried.least:
                continue  # what lies below all of them, none changes
            now = now or self._terms.decide(record).decision
            for row, other in tried.others:
                then = other.decide(record).decision
                if (now is Decision.PLAIN) != (then is Decision.PLAIN):
                    yield row, then
