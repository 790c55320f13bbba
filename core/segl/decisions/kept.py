"""Records of decisions in the store: written in batches, found again, forgotten in time, and proved unchanged.

Each batch has one entry in the audit trail: how many records, and a digest over them:

    SHA-256( "segl decisions v1" ‖ 00 ‖ each record, in its order: length (4) ‖ canonical form )

So a record that was changed, taken out or put in shows as long as its batch is kept (:func:`verify`). A batch is
forgotten as a whole, and that is an entry too: afterwards the chain is as whole as before, and says that the time of
those records was over.
"""

from __future__ import annotations

import functools
import hmac
import json
import os
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from segl import audit
from segl.audit import Act
from segl.decisions.reading import BadRecord, from_bytes
from segl.decisions.record import DecisionRecord
from segl.store.beginnings import LEAST_OF_ID, begins
from segl.store.engine import transaction
from segl.store.pieces import up_to
from segl.tables.audit import audit_entry
from segl.tables.decisions import decision, decision_feedback
from segl.vocabulary import Decision, Label

_LABEL: Final = b"segl decisions v1\x00"
_ROWS: Final = 500
_Place = tuple[float, str]  # of a record in the order of time
_Row = Row[tuple[float, str, str, str]]
_DIGITS: Final = 12  # of an id, by which a part of all is chosen


@dataclass(frozen=True, slots=True)
class Proved:
    """What :func:`verify` found: records and batches as they were written, batches whose time was over; and of those
    that are not as they were written, the first few, in words."""

    records: int
    batches: int
    forgotten: int
    broken: tuple[str, ...] = ()


def write(
    connection: Connection, records: Sequence[DecisionRecord], actor: str, now: float | None = None
) -> int:
    """Keep *records* as one batch, with its entry in the trail; how many were new. A record that is there already
    stays as it is, and of two with one id the first is taken."""
    fresh = list({record.id: record for record in reversed(records)}.values())[::-1]
    known = _known(connection, [record.id for record in fresh])
    fresh = [record for record in fresh if record.id not in known]
    if not fresh:
        return 0
    batch, when = os.urandom(16).hex(), time.time() if now is None else now
    forms = [record.to_bytes() for record in fresh]
    connection.execute(
        decision.insert(),
        [
            {
                "id": record.id,
                "batch": batch,
                "place": place,
                "written_at": when,
                "at": record.at,
                "queue_id": record.queue_id,
                "domain": record.domain,
                "verdict": record.verdict.value,
                "form": form.decode("ascii"),
            }
            for place, (record, form) in enumerate(zip(fresh, forms, strict=True))
        ],
    )
    audit.append(connection, Act.DECIDED, batch, actor, at=when, records=len(fresh), sha256=_digest(forms))
    return len(fresh)


def find(connection: Connection, name: str) -> list[DecisionRecord]:
    """Records by id, the beginning of one (from :data:`~segl.store.beginnings.LEAST_OF_ID` digits on), or Postfix's
    queue id; the newest first, twenty at most."""
    wanted = sa.or_(decision.c.id == name, decision.c.queue_id == name) if name else sa.false()
    if len(name) >= LEAST_OF_ID:
        wanted = sa.or_(wanted, begins(decision.c.id, name))
    query = sa.select(decision.c.form).where(wanted).order_by(decision.c.at.desc()).limit(20)
    return [record for (form,) in connection.execute(query) if (record := _read(form)) is not None]


def since(
    engine: Engine,
    moment: float,
    *,
    domain: str = "",
    verdict: Decision | None = None,
    beyond_plain: bool = False,
    part: float = 1.0,
) -> Iterator[DecisionRecord]:
    """Those made at *moment* or later, the oldest first, in pieces: many may be asked for while others write.
    *beyond_plain*: only those that were not plain; *part*: some such part of them, by their ids, which are random."""
    wanted = [decision.c.verdict != Decision.PLAIN.value] if beyond_plain else []
    if part < 1:
        wanted.append(decision.c.id < f"{int(part * 16**_DIGITS):0{_DIGITS}x}")
    return _read_all(_rows(engine, moment, domain, verdict, *wanted, newest_first=False))


def forms_since(engine: Engine, moment: float) -> Iterator[list[str]]:
    """As :func:`since`, in pieces and as they are kept: :func:`read_forms` may be left to another process."""
    rows = _rows(engine, moment, "", None, newest_first=False)
    while some := [row.form for row in islice(rows, _ROWS)]:
        yield some


def read_forms(forms: Iterable[str]) -> Iterator[DecisionRecord]:
    """The records in *forms*; what is none is passed over."""
    return (record for form in forms if (record := _read(form)) is not None)


def number_since(engine: Engine, moment: float) -> int:
    """How many were made at *moment* or later."""
    with transaction(engine) as connection:
        wanted = sa.select(sa.func.count()).select_from(decision).where(decision.c.at >= moment)
        return connection.scalar(wanted) or 0


def these(engine: Engine, ids: Iterable[str]) -> Iterator[DecisionRecord]:
    """Those of *ids* that are kept still, in no order."""
    left = iter(ids)
    while some := list(islice(left, _ROWS)):
        query = sa.select(decision.c.form).where(decision.c.id.in_(some))
        with transaction(engine) as connection:
            rows = connection.execute(query).all()
        yield from _read_all(rows)


def backwards(
    engine: Engine,
    moment: float,
    *,
    domain: str = "",
    verdict: Decision | None = None,
    label: Label | None = None,
    rule: str = "",
    of: Callable[[str], bool] = lambda _: True,
) -> Iterator[DecisionRecord]:
    """As :func:`since`, the newest first; only of the category *label*, where *rule* found something, and of senders of
    whose domain *of* says so. To read a record takes ten times as long as to look for a word in its text, and
    of a year hardly any may be wanted."""
    told, asked = functools.lru_cache(of), _Asked(label, rule)
    for row in _rows(engine, moment, domain, verdict, newest_first=True):
        if told(row.domain) and asked.may_be(row.form):
            yield from (record for record in _read_all([row]) if asked.is_it(record))


def beyond_plain(connection: Connection, begin: float, end: float) -> Iterator[DecisionRecord]:
    """Those made from *begin* to *end* that were not plain, the oldest first. In pieces, within the transaction: all of
    a fortnight take hundreds of megabytes, and PostgreSQL ends a session that has nothing to do for 20 seconds."""
    wanted = sa.and_(decision.c.at < end, decision.c.verdict != Decision.PLAIN.value)
    place: _Place | None = None
    while True:
        rows = connection.execute(_next(begin, place).where(wanted)).all()
        yield from _read_all(rows)
        if len(rows) < _ROWS:
            return
        place = rows[-1].at, rows[-1].id


def forget(engine: Engine, before: float, actor: str, go_on: Callable[[], None] = lambda: None) -> int:
    """Delete what was written before *before*, and what was said of decisions then; how many records. In pieces, of
    whole batches, each with its entry in the trail; *go_on* is asked between two of them. Raises
    :class:`~segl.errors.StoreError`."""
    gone = 0
    for moment in up_to(engine, decision.c.written_at, before, go_on):
        with transaction(engine) as connection:
            connection.execute(decision_feedback.delete().where(decision_feedback.c.at < moment))
            some = connection.execute(decision.delete().where(decision.c.written_at < moment)).rowcount
            if some:
                audit.append(connection, Act.FORGOTTEN, "", actor, records=some, before=moment)
        gone += some
    return gone


def verify(engine: Engine, seen: Callable[[int], None] = lambda _: None) -> Proved:
    """Hold every batch that should still be there against its entry in the trail. That the trail itself is whole is
    told by :func:`segl.audit.verify`; *seen* as there. In the order of the trail and some at a time: a year has a
    million batches."""
    over = _forgotten_before(engine)
    records, batches, forgotten = 0, 0, 0
    broken, gone = list[str](), list[tuple[float, str]]()
    decided = (entry for entry in audit.entries(engine, seen=seen) if entry.act == Act.DECIDED)
    while some := list(islice(decided, _ROWS)):
        standing = _forms(engine, [entry.subject for entry in some])
        for entry in some:
            forms = standing.get(entry.subject)
            if forms is None and entry.at < over:
                forgotten += 1
            elif forms is None:
                gone.append((entry.at, f"batch {entry.subject} of entry {entry.number} is gone"))
            elif _is_as_written(entry, forms):
                records, batches = records + len(forms), batches + 1
            else:
                broken.append(f"batch {entry.subject} is not as entry {entry.number} says")
    broken += [f"batch {batch} is in no entry of the trail" for batch in _in_no_entry(engine)]
    if gone:  # they may have been forgotten in this moment, while the others were looked at
        over = _forgotten_before(engine)
        lost = [told for at, told in gone if at >= over]
        forgotten, broken = forgotten + len(gone) - len(lost), broken + lost
    return Proved(records, batches, forgotten, tuple(broken))


@dataclass(frozen=True, slots=True)
class _Asked:
    label: Label | None
    rule: str

    def may_be(self, form: str) -> bool:
        """Whether a record of this canonical form can be one: true of each that is, and of few others."""
        labels = form.partition('"labels":[')[2].partition("]")[0] if self.label else ""
        by_label = self.label is None or f'"{self.label}"' in labels
        return by_label and (not self.rule or f'"rule":{json.dumps(self.rule)}' in form)

    def is_it(self, record: DecisionRecord) -> bool:
        by_label = self.label is None or self.label in record.labels
        return by_label and (not self.rule or any(hit.rule == self.rule for hit in record.hits))


def _rows(
    engine: Engine,
    moment: float,
    domain: str,
    verdict: Decision | None,
    *wanted: sa.ColumnElement[bool],
    newest_first: bool,
) -> Iterator[_Row]:
    place: _Place | None = None
    while True:
        query = _next(moment, place, newest_first=newest_first).where(*wanted)
        query = query.where(decision.c.domain == domain) if domain else query
        query = query.where(decision.c.verdict == verdict.value) if verdict else query
        with transaction(engine) as connection:
            rows = connection.execute(query).all()
        yield from rows
        if len(rows) < _ROWS:
            return
        place = rows[-1].at, rows[-1].id


def _next(
    moment: float, place: _Place | None, *, newest_first: bool = False
) -> sa.Select[tuple[float, str, str, str]]:
    """The next piece of those made at *moment* or later, behind *place*. The index is entered there: by *moment* each
    piece would go through all before it."""
    at, name = decision.c.at, decision.c.id
    query = sa.select(at, name, decision.c.domain, decision.c.form).order_by(
        *((at.desc(), name.desc()) if newest_first else (at, name))
    )
    if place is None:
        return query.where(at >= moment).limit(_ROWS)
    here = sa.tuple_(sa.literal(place[0]), sa.literal(place[1]))
    if newest_first:
        return query.where(at >= moment, sa.tuple_(at, name) < here).limit(_ROWS)
    return query.where(at >= place[0], sa.tuple_(at, name) > here).limit(_ROWS)


def _read_all(rows: Iterable[sa.Row[Any]]) -> Iterator[DecisionRecord]:
    yield from (record for row in rows if (record := _read(row.form)) is not None)


def _is_as_written(entry: audit.Entry, forms: Sequence[bytes]) -> bool:
    same = hmac.compare_digest(_digest(forms), str(entry.facts.get("sha256")))
    return same and entry.facts.get("records") == len(forms)


def _forgotten_before(engine: Engine) -> float:
    """What was written before this moment was deleted, as the trail says; 0 when nothing was."""
    with transaction(engine) as connection:
        details = connection.scalars(
            sa.select(audit_entry.c.detail).where(audit_entry.c.act == Act.FORGOTTEN)
        )
        moments = [audit.facts_of(one).get("before") for one in details]
    return max((float(one) for one in moments if isinstance(one, int | float)), default=0.0)


def _forms(engine: Engine, batches: Sequence[str]) -> dict[str, list[bytes]]:
    """The records of these *batches* that are there, each batch in its order."""
    found: dict[str, list[bytes]] = {}
    query = sa.select(decision.c.batch, decision.c.form).where(decision.c.batch.in_(batches))
    with transaction(engine) as connection:
        for batch, form in connection.execute(query.order_by(decision.c.batch, decision.c.place)):
            found.setdefault(batch, []).append(form.encode("utf-8", "surrogateescape"))
    return found


def _in_no_entry(engine: Engine) -> Sequence[str]:
    """Batches that are there, and whose writing the trail does not tell of."""
    there = sa.select(decision.c.batch).distinct().subquery()
    entry = audit_entry.c
    told = sa.exists().where(entry.subject == there.c.batch, entry.act == Act.DECIDED)
    with transaction(engine) as connection:
        return connection.scalars(sa.select(there.c.batch).where(~told)).all()


def _known(connection: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for begin in range(0, len(ids), _ROWS):
        query = sa.select(decision.c.id).where(decision.c.id.in_(ids[begin : begin + _ROWS]))
        found.update(connection.scalars(query))
    return found


def _digest(forms: Sequence[bytes]) -> str:
    digest = sha256(_LABEL)
    for form in forms:
        digest.update(struct.pack(">I", len(form)) + form)
    return digest.hexdigest()


def _read(form: str) -> DecisionRecord | None:
    """A row that is no record, of another version or spoilt, is passed over; ``segl audit verify`` tells of it."""
    try:
        return from_bytes(form.encode("utf-8", "surrogateescape"))
    except BadRecord:
        return None
