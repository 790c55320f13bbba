"""The audit trail: what was decided, what was done to sealed messages and by people, each entry chained to the last.

An entry holds ids, addresses and facts, never content. Its hash covers the hash before it, so that an entry that was
changed, taken out, put in or moved shows (:func:`verify`). What a chain by itself cannot show is that its *end* was
cut off, or that all of it was written anew: for that its head, number and hash, is told to the log every hour, and
``segl audit verify --head`` compares with one that was noted elsewhere.

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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.store import transaction
from segl.tables.audit import audit_entry

_LABEL: Final = b"segl audit v1\x00"
_START: Final = bytes(32)
_ADVISORY: Final = 0x5E61_A0D1  # PostgreSQL's lock on the chain's end: any number that nobody else uses
_ROWS: Final = 1_000
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
    HELD_SENDER_TOLD = (
        "held-sender-told"  # its sender was told, or cannot be: the fact `refused` is the server's answer
    )
    HOLD_REMINDED = "hold-reminded"  # the officer was told once more
    LOOKED_AT = "looked-at"  # its content was shown to the person
    RELEASE_ASKED = "release-asked"  # one person agreed to its release
    RELEASED = "released"
    REJECTED = "rejected"
    # of decisions (segl.decisions); the subject is a batch, or of feedback the decision
    DECIDED = "decided"  # records were written: how many, and their digest
    FORGOTTEN = "forgotten"  # the time of those written before a moment was over
    FEEDBACK = "feedback"  # somebody said whether a decision was right
    # of settings; the subject is the file, or "rules" (segl.settings_trail)
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
    hold(connection)
    last = _head(connection)
    when = time.time() if at is None else float(at)
    detail = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    subject, actor = subject[:128], actor[:512]
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


def verify(engine: Engine, known: Head | None = None) -> Verified:
    """Go through the whole chain. *known* is a head noted earlier: its entry must still be there as it was."""
    last, count = Head(0, _START), 0
    met = known is None or known == last
    for row in _rows(engine):
        if row.number != last.number + 1:
            return Verified(count, last, row.number, f"the entry before it should be {row.number - 1}")
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


def entries(engine: Engine, *, subject: str | None = None, since: float = 0.0) -> Iterator[Entry]:
    """The trail, or what concerns one *subject*, from *since* on, in order."""
    for row in _rows(engine, subject, since):
        facts = json.loads(row.detail)
        yield Entry(row.number, row.at, row.act, row.subject, row.actor, facts, bytes(row.hash))


def _rows(engine: Engine, subject: str | None = None, since: float = 0.0) -> Iterator[sa.Row[tuple[object]]]:
    """In pieces, each in a transaction of its own: a long trail must not hold up those who write it."""
    after = 0
    while True:
        query = sa.select(audit_entry).where(audit_entry.c.number > after).order_by(audit_entry.c.number)
        if subject is not None:
            query = query.where(audit_entry.c.subject == subject)
        if since:
            query = query.where(audit_entry.c.at >= since)
        with transaction(engine) as connection:
            rows = connection.execute(query.limit(_ROWS)).all()
        yield from rows
        if len(rows) < _ROWS:
            return
        after = rows[-1].number


def hold(connection: Connection) -> None:
    """Wait until nobody else is at the chain's end, and keep others from it until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY)))
    else:  # any write takes SQLite's one write lock, also one that hits nothing
        connection.execute(audit_entry.update().where(audit_entry.c.number < 0).values(number=0))


def _head(connection: Connection) -> Head:
    query = sa.select(audit_entry.c.number, audit_entry.c.hash).order_by(audit_entry.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return Head(0, _START) if row is None else Head(row.number, bytes(row.hash))


def _hash(before: bytes, number: int, at: float, act: str, subject: str, actor: str, detail: str) -> bytes:
    digest = sha256(_LABEL + before)
    for text in (str(number), repr(float(at)), act, subject, actor, detail):
        raw = text.encode("utf-8", "surrogateescape")
        digest.update(struct.pack(">I", len(raw)) + raw)
    return digest.digest()
