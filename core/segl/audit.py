"""The audit trail: what was decided, what was done to sealed messages and by people, each entry chained to the last.

An entry holds ids, addresses and facts, never content. Its hash covers the hash before it, so that an entry that was
changed, taken out, put in or moved shows (:func:`verify`). What a chain by itself cannot show is that its *end* was
cut off, or that all of it was written anew: for that its head, number and hash, is told to the log every hour, and
``segl audit verify --head`` compares with one that was noted elsewhere. segl-deliver holds the trail against the head
it noted the hour before (:func:`note_head`): who cuts the trail and nothing else is found by that.

What is read may have been written by anybody who can write the store: a row of another form than ours is a broken
entry, and never stops who appends.

    hash of entry n  =  SHA-256( "segl audit v1" ‖ 00 ‖ hash of entry n-1 ‖ each field: length (4) ‖ bytes )
    fields           =  number, at (both as their shortest decimal text), act, subject, actor, detail: UTF-8
    before the first =  32 bytes of zero

:func:`append` runs inside the caller's transaction: what is done and that it was done are written together or not at
all. Whoever appends holds the chain until that transaction ends, so it should be the transaction's last step.
"""

from __future__ import annotations

import hmac
import json
import re
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.store.engine import insert_into, transaction
from segl.tables.audit import audit_entry
from segl.tables.base import meta

_LABEL: Final = b"segl audit v1\x00"
_START: Final = bytes(32)
_ADVISORY: Final = 0x5E61_A0D1  # PostgreSQL's lock on the chain's end: any number that nobody else uses
_ROWS: Final = 1_000
_NOTED: Final = "audit_head"  # the key under which the table meta has the head of the hour before
_RAW: Final[list[sa.ColumnElement[Any]]] = [
    sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in audit_entry.c
]
_HEAD: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


class Act(StrEnum):
    """What was done. The subject is the id of the recipient's copy, where nothing else is said."""

    CREATED = "created"  # sealed; the subject is the message
    NOTIFIED = "notified"  # the notice with the link is on its way
    WITHDRAWN = "withdrawn"  # the notice could not be sent: the recipient's copy is gone
    CODE_SENT = "code-sent"
    OPENED = "opened"  # the right code was given, and the content shown
    DOWNLOADED = "downloaded"  # a file, a preview, or the whole message
    ANSWERED = "answered"
    REMINDED = "reminded"
    EXPIRED = "expired"  # the server's half of the key is gone
    REVOKED = "revoked"
    EXTENDED = "extended"
    RESENT = "resent"
    # of a message on hold; the subject is its X-Segl-Id
    HELD = "held"  # the officer was told
    # Its sender was told, or cannot be: the fact `refused` is the server's answer.
    HELD_SENDER_TOLD = "held-sender-told"
    HOLD_REMINDED = "hold-reminded"  # the officer was told once more
    LOOKED_AT = "looked-at"  # its header was shown to the person, or all of it
    RELEASE_ASKED = "release-asked"  # one person agreed to its release
    RELEASED = "released"
    REJECTED = "rejected"
    # of decisions (segl.decisions); the subject is a batch, or of feedback the decision
    DECIDED = "decided"  # records were written: how many, and their digest
    FORGOTTEN = "forgotten"  # the time of those written before a moment was over
    FEEDBACK = "feedback"  # somebody said whether a decision was right
    # of settings; the subject is the file, or "rules" (segl.settings.trail)
    SETTINGS_CHANGED = "settings-changed"
    RULES_CHANGED = "rules-changed"


Fact = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail. ``at`` is in Unix seconds."""

    number: int
    at: float
    act: str
    subject: str
    actor: str
    facts: Mapping[str, Fact] = field(hash=False)
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry's number and hash; 0 and zeros when there is none."""

    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.hash.hex()}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """What ``str`` wrote. Raises :class:`ValueError`."""
        form = _HEAD.fullmatch(text)
        if form is None:
            raise ValueError("a head is a number, a colon, and 64 hex digits")
        return cls(int(form[1]), bytes.fromhex(form[2]))


@dataclass(frozen=True, slots=True)
class Verified:
    """What :func:`verify` found: ``broken`` is the number of the first entry that does not follow from the one before
    it (``None``: all do); ``head`` is the last that does."""

    entries: int
    head: Head
    broken: int | None = None
    why: str = ""


def append(
    connection: Connection, act: Act, subject: str, actor: str, *, at: float | None = None, **facts: Fact
) -> None:
    """Add an entry in the transaction of *connection*.

    *actor* is who did it: an address, a process, a login name. Concurrent writers queue for the chain's end."""
    lock(connection)
    last = _head(connection)
    when = time.time() if at is None else float(at)
    detail = _storable(json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")))
    subject, actor = _storable(subject)[:128], _storable(actor)[:512]
    number = last.number + 1
    connection.execute(
        audit_entry.insert().values(
            number=number,
            at=when,
            act=act.value,
            subject=subject,
            actor=actor,
            detail=detail,
            hash=_hash(last.hash, number, when, act.value, subject, actor, detail),
        )
    )


def head(engine: Engine) -> Head:
    with transaction(engine) as connection:
        return _head(connection)


def note_head(engine: Engine) -> tuple[Head, Head | None]:
    """Note in the store where the trail ends now. Also the head that was noted last, if its entry is no more in the
    trail as it was: then entries were taken away, or all was written anew."""
    with transaction(engine) as connection:
        lock(connection)
        now, before = _head(connection), _noted(connection)
        lost = before is not None and before.number > 0 and _hash_at(connection, before.number) != before.hash
        stored = insert_into(connection, meta).values(key=_NOTED, value=str(now))
        connection.execute(stored.on_conflict_do_update(index_elements=["key"], set_={"value": str(now)}))
    return now, before if lost else None


def verify(
    engine: Engine, known: Head | None = None, seen: Callable[[int], None] = lambda _: None
) -> Verified:
    """Go through the whole chain. *known* is a head noted earlier: its entry must still be there as it was. *seen* is
    told of some entries at a time how many they were."""
    last, count = Head(0, _START), 0
    met = known is None or known == last
    for row in _rows(engine, seen=seen):
        if row.number != last.number + 1:
            why = (
                f"the entry before it should be {row.number - 1}"
                if row.number > 0
                else "entries begin with 1"
            )
            return Verified(count, last, row.number, why)
        if not _has_our_form(row):
            return Verified(
                count, last, row.number, "what stands in it is of another form than what is written"
            )
        wanted = _hash(last.hash, row.number, row.at, row.act, row.subject, row.actor, row.detail)
        if not hmac.compare_digest(wanted, bytes(row.hash)):
            return Verified(count, last, row.number, "its hash is not that of what stands in it")
        last, count = Head(row.number, wanted), count + 1
        met = met or last == known
    if not met and known is not None:
        gone = known.number > last.number
        why = "the trail ends before it" if gone else "another entry stands in its place"
        return Verified(count, last, known.number, f"the head that was noted is not in it: {why}")
    return Verified(count, last)


def entries(
    engine: Engine,
    *,
    subject: str | None = None,
    since: float = 0.0,
    seen: Callable[[int], None] = lambda _: None,
) -> Iterator[Entry]:
    """The trail, or what concerns one *subject*, from *since* on, in order. One of another form than ours has the fact
    ``odd`` and what can be read of it. *seen* as of :func:`verify`."""
    for row in _rows(engine, subject, since, seen):
        at = float(row.at) if isinstance(row.at, int | float) else 0.0
        words = (str(row.act), str(row.subject), str(row.actor))
        yield Entry(row.number, at, *words, facts_of(row.detail), _octets(row.hash))


def _rows(
    engine: Engine,
    subject: str | None = None,
    since: float = 0.0,
    seen: Callable[[int], None] = lambda _: None,
) -> Iterator[sa.Row[Any]]:
    """In pieces, each in a transaction of its own: a long trail must not hold up those who write it. Values are as the
    database has them: SQLite keeps a word in a column of numbers."""
    after: int | None = None
    while True:
        query = sa.select(*_RAW).order_by(audit_entry.c.number)
        if after is not None:
            query = query.where(audit_entry.c.number > after)
        if subject is not None:
            query = query.where(audit_entry.c.subject == subject)
        if since:
            query = query.where(audit_entry.c.at >= since)
        with transaction(engine) as connection:
            rows = connection.execute(query.limit(_ROWS)).all()
        yield from rows
        seen(len(rows))
        if len(rows) < _ROWS:
            return
        after = rows[-1].number


def lock(connection: Connection) -> None:
    """Wait until nobody else is at the chain's end, and keep others from it until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY)))
    else:  # any write takes SQLite's one write lock, also one that hits nothing
        connection.execute(audit_entry.update().where(audit_entry.c.number < 0).values(number=0))


def _head(connection: Connection) -> Head:
    query = sa.select(*_RAW).where(audit_entry.c.number > 0).order_by(audit_entry.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return Head(0, _START) if row is None else Head(row.number, _octets(row.hash))


def _hash_at(connection: Connection, number: int) -> bytes | None:
    row = connection.execute(sa.select(*_RAW).where(audit_entry.c.number == number)).one_or_none()
    return None if row is None else _octets(row.hash)


def _noted(connection: Connection) -> Head | None:
    value = connection.scalar(sa.select(meta.c.value).where(meta.c.key == _NOTED))
    try:
        return None if value is None else Head.parse(value)
    except ValueError:  # somebody's hand: noted anew
        return None


def _has_our_form(row: sa.Row[Any]) -> bool:
    texts = (row.act, row.subject, row.actor, row.detail)
    numbers = isinstance(row.at, int | float)
    return (
        numbers and all(isinstance(text, str) for text in texts) and isinstance(row.hash, bytes | memoryview)
    )


def facts_of(detail: object) -> dict[str, Fact]:
    """What an entry's *detail* says; ``odd`` of one that is none of ours."""
    try:
        found = json.loads(detail) if isinstance(detail, str) else None
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"odd": True}


def _octets(value: object) -> bytes:
    """A hash as it stands there; of one that is no bytes something that is the hash of nothing."""
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "replace")


def _storable(text: str) -> str:
    """*text* without lone surrogates, which stand for bytes of a name that is not UTF-8 and which no database takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _hash(before: bytes, number: int, at: float, act: str, subject: str, actor: str, detail: str) -> bytes:
    digest = sha256(_LABEL + before)
    for text in (str(number), repr(float(at)), act, subject, actor, detail):
        raw = text.encode("utf-8", "surrogateescape")
        digest.update(struct.pack(">I", len(raw)) + raw)
    return digest.digest()
