"""Sent messages in the store: what was heard of them, what their senders were told.

Writers are one process a host, perhaps several hosts. Every write begins with the message's own row, so two that
concern the same message follow each other; who sends a receipt first moves ``due_at`` on (a lease: whoever dies with
it leaves the receipt to be sent a little later).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from segl.addresses import domain_of, mailbox_key
from segl.days import DAY_SECONDS
from segl.receipts.ahead import forgotten_marks
from segl.receipts.due import Told, all_lines, complete, fingerprint, is_bad, is_expanded, next_look
from segl.receipts.facts import Facts, unheard_hashes
from segl.receipts.leases import LEASE_SECONDS
from segl.receipts.protection import forget_of, waiting_in
from segl.receipts.states import Line, News, Stage, State, joined
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import insert_into, transaction
from segl.store.pieces import up_to
from segl.tables.receipts import sent_message, sent_recipient
from segl.vocabulary import Way

_MOST_RECIPIENTS: Final = 5_000  # of one message; its copies to more are not told of one by one
_FORGOTTEN: Final = 500  # messages in one transaction, each with some recipients and lines of the log
_SERVED: Final = (State.SENT, State.SEALED)
# Of a recipient's news, as the table has them.
_AS_THEY_ARE: Final = (
    *("recipient", "original", "at", "status", "detail", "host"),
    *("queue_id", "evidence", "sealed_id", "retry_until"),
)

TermsOf = Callable[[str], ReceiptTerms]


@dataclass(frozen=True, slots=True)
class Heard:
    """What one delivery report says of one message."""

    id: str
    sender: str
    message_id: str
    arrival: float
    facts: Facts | None
    news: tuple[News, ...]


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message and all its lines, as they stand."""

    id: str
    sender: str
    domain: str
    message_id: str
    at: float
    changed_at: float
    facts: bool
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    told: Told = field(default_factory=Told)
    unnamed: int = 0  # recipients outside, when too many to be named
    counted: bool = False  # of those, whether each is known when he is heard of; else only failures are told
    unheard: int = 0  # of those, nothing was heard of so many
    # What the sender was told last, and what the journal address was (segl.receipts.due).
    told_print: str = ""
    journal_print: str = ""
    digested: bool = False  # it stood in a digest to its sender as it is now
    digest_copied: bool = False  # and in the journal's
    # Recipients outside whom the sender named (mailbox keys), where known.
    named: frozenset[str] = frozenset()
    # Recipients whom his house added; set by who knows its settings.
    copies: frozenset[str] = frozenset()

    @property
    def told_of(self) -> tuple[Line, ...]:
        """The lines that are its sender's business: of copies that his house makes for itself those that went wrong."""
        return tuple(line for line in self.lines if line.recipient not in self.copies or is_bad(line))

    @property
    def complete(self) -> bool:
        known = self.counted or not self.unnamed
        return complete(self.lines, self.facts) and known and not self.unheard

    @property
    def expanded(self) -> bool:
        """Whether an address that the sender named became others: there may be more of them than were heard of."""
        return any(is_expanded(line) for line in self.lines)


class WrongSender(Exception):
    """A report with a genuine name, but to somebody else than the message is from: than who had the first report that
    brought the milter's facts along, or, before there was one, the first."""


def hear(
    connection: Connection,
    heard: Heard,
    terms_of: TermsOf,
    now: float,
    served: Callable[[Way], None] = lambda _: None,
) -> SentMessage:
    """Write down what was *heard*. Twice is as good as once. *served* is told the way of each copy that is heard of as
    taken for the first time. Raises :class:`WrongSender`."""
    terms = terms_of(domain_of(heard.sender))
    row = _first_row(heard, terms, now)
    connection.execute(insert_into(connection, sent_message).values(row).on_conflict_do_nothing())
    found = _row(connection, heard.id, lock=True)
    assert found is not None  # noqa: S101 - just written, and locked
    if found.sender.lower() != heard.sender.lower():
        if heard.facts is None or found.facts:
            raise WrongSender(heard.id)
        # Who spoke first had no facts to show: whose message it is he does not decide.
        _begin_anew(connection, row)
        found = _row(connection, heard.id)
        assert found is not None  # noqa: S101
    changes = _told_anew(heard, found)
    if _join(connection, heard.id, heard.news, served) or changes:
        changes |= {"changed_at": now, **forgotten_marks(found, now)}
        connection.execute(sent_message.update().where(sent_message.c.id == heard.id).values(changes))
    message = read(connection, heard.id)
    assert message is not None  # noqa: S101
    if changes:
        _set_due(connection, message, terms, now)
    return message


def _first_row(heard: Heard, terms: ReceiptTerms, now: float) -> dict[str, Any]:
    """The message's row when nothing was heard of it before."""
    return {
        "id": heard.id,
        "sender": heard.sender,
        "domain": domain_of(heard.sender),
        "message_id": heard.message_id,
        "at": heard.arrival,
        "facts": False,
        "reasons": "[]",
        "expected": "[]",
        "changed_at": now,
        "told": 0,
        "told_final": False,
        "told_print": "",
        "journal_print": "",
        "delete_at": now + terms.retention_days * DAY_SECONDS,
    }


def _told_anew(heard: Heard, found: Row[Any]) -> dict[str, Any]:
    """What *heard* tells of the message itself that its row, as *found*, does not have."""
    changes: dict[str, Any] = {}
    if heard.facts is not None and not found.facts:
        changes = {
            "facts": True,
            "at": heard.facts.at,
            "reasons": json.dumps(heard.facts.reasons),
            "expected": _expected(heard.facts),
        }
    # the message's own, which the report with its facts quotes; that of a notice that came back only until then
    if heard.message_id and (changes or not found.message_id):
        changes["message_id"] = heard.message_id
    return changes


def look_again(connection: Connection, message_id: str, terms: ReceiptTerms, now: float) -> None:
    """Set when the message is to be looked at next."""
    message = read(connection, message_id)
    if message is not None:
        _set_due(connection, message, terms, now)


def _set_due(connection: Connection, message: SentMessage, terms: ReceiptTerms, now: float) -> None:
    due = next_look(
        message.lines,
        message.told,
        facts=message.facts,
        at=message.at,
        wait_seconds=terms.wait_seconds,
        now=now,
        unheard=message.unheard or int(message.unnamed > 0 and not message.counted),
    )
    if due is None and _is_copy_owed(message, terms):
        due = now + LEASE_SECONDS  # whoever dies before the journal has its copy leaves it to be sent
    connection.execute(sent_message.update().where(sent_message.c.id == message.id).values(due_at=due))


def _is_copy_owed(message: SentMessage, terms: ReceiptTerms) -> bool:
    """Whether the journal has not what the sender was told last."""
    return terms.journal not in ("", message.sender) and message.told_print not in ("", message.journal_print)


def mark_told(
    connection: Connection,
    message: SentMessage,
    terms: ReceiptTerms,
    now: float,
    *,
    receipt: bool = True,
) -> None:
    """The sender was told of *message* as it is there (*receipt*), or need not be. What was heard meanwhile is looked
    at anew."""
    values: dict[str, Any] = {"told": sent_message.c.told + int(receipt), "told_final": message.complete}
    if terms.send is not Receipts.DAILY:  # else it waits for the digest, whatever the settings say by then
        values |= {"digested_at": message.changed_at, "digest_copied_at": message.changed_at}
    if receipt:
        values["told_print"] = fingerprint(message.lines)
    connection.execute(sent_message.update().where(sent_message.c.id == message.id).values(values))
    who: sa.BindParameter[str] = sa.bindparam("of_whom")
    one = sent_recipient.update().where(
        sent_recipient.c.message_id == message.id, sent_recipient.c.recipient == who
    )
    if message.lines:
        states = [{"of_whom": line.recipient, "is_told": line.state.value} for line in message.lines]
        connection.execute(one.values(told=sa.bindparam("is_told")), states)
    look_again(connection, message.id, terms, now)


def mark_copied(connection: Connection, message_id: str, said: str) -> None:
    """The journal address has the receipt that says *said* (a fingerprint), or never will. (The sender may still have
    to get his: when to look again does not change.)"""
    row = sent_message.update().where(sent_message.c.id == message_id)
    connection.execute(row.values(journal_print=said))


def read(connection: Connection, message_id: str) -> SentMessage | None:
    """A message with its lines."""
    row = _row(connection, message_id)
    return None if row is None else next(iter(with_lines(connection, [row])))


def with_lines(connection: Connection, rows: Sequence[Row[Any]]) -> list[SentMessage]:
    """Several messages by few questions."""
    of: dict[str, list[Row[Any]]] = {row.id: [] for row in rows}
    ids = list(of)
    for begin in range(0, len(ids), 500):
        query = sa.select(sent_recipient).where(sent_recipient.c.message_id.in_(ids[begin : begin + 500]))
        for row in connection.execute(query):
            of[row.message_id].append(row)
    waiting = waiting_in(connection, (one.queue_id for some in of.values() for one in some if one.queue_id))
    return [_message(row, of[row.id], waiting) for row in rows]


def forget(engine: Engine, now: float, go_on: Callable[[], None] = lambda: None) -> int:
    """Delete messages whose time is over; how many. In pieces; *go_on* is asked between two of them. Raises
    :class:`~segl.errors.StoreError`."""
    gone = 0
    for moment in up_to(
        engine, sent_message.c.delete_at, math.nextafter(now, math.inf), go_on, most=_FORGOTTEN
    ):
        over = sent_message.c.delete_at < moment
        old = sa.select(sent_message.c.id).where(over)
        with transaction(engine) as connection:
            forget_of(connection, old)
            connection.execute(sent_recipient.delete().where(sent_recipient.c.message_id.in_(old)))
            gone += connection.execute(sent_message.delete().where(over)).rowcount
    return gone


def _begin_anew(connection: Connection, row: Mapping[str, Any]) -> None:
    """What was heard of the message was somebody else's word; nothing of it stays."""
    connection.execute(sent_recipient.delete().where(sent_recipient.c.message_id == row["id"]))
    blank = {"due_at": None, "digested_at": None, "digest_copied_at": None}
    connection.execute(sent_message.update().where(sent_message.c.id == row["id"]).values({**row, **blank}))


def _join(
    connection: Connection, message_id: str, news: Sequence[News], served: Callable[[Way], None]
) -> bool:
    """Whether anything is new."""
    rows = sent_recipient.select().where(sent_recipient.c.message_id == message_id)
    standing = {(row.recipient, row.stage): _news(row) for row in connection.execute(rows)}
    recipients = {recipient for recipient, _ in standing}
    changed: dict[tuple[str, str], News] = {}
    for one in news:
        key = one.recipient, one.stage.value
        known = standing.get(key)
        if one.recipient not in recipients and len(recipients) >= _MOST_RECIPIENTS:
            continue
        recipients.add(one.recipient)
        best = one if known is None else joined(known, one)
        if best == known:
            continue
        standing[key] = changed[key] = best
        before = State.PENDING if known is None else known.state
        if best.way is not None and best.state in _SERVED and before not in _SERVED:
            served(best.way)
    if changed:  # all at once: a message may have thousands
        values = [{**_columns(best), "message_id": message_id, "told": ""} for best in changed.values()]
        insert = insert_into(connection, sent_recipient)
        said = {name: insert.excluded[name] for name in _columns(next(iter(changed.values())))}
        keys = list(sent_recipient.primary_key)
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=said), values)
    return bool(changed)


def _message(
    row: Row[Any], recipients: Sequence[Row[Any]], waiting: Mapping[str, Sequence[str]]
) -> SentMessage:
    said: dict[str, list[News]] = {}
    told: dict[str, State] = {}
    for one in recipients:
        said.setdefault(one.recipient, []).append(_news(one))
        if one.told:
            told[one.recipient] = State(one.told)
    queues = dict.fromkeys(one.queue_id for one in recipients if one.stage == Stage.SECURE.value)
    wait = dict.fromkeys(address for queue_id in queues for address in waiting.get(queue_id, ()))
    named, unnamed, hashes = _known(row.expected)
    lines = all_lines(named, [Line.of(news) for news in said.values()], tuple(wait))
    # of those of whom nothing was heard there is no row, and nothing to remember
    states = told | {line.recipient: State.PENDING for line in lines if line.state is State.PENDING}
    return SentMessage(
        id=row.id,
        sender=row.sender,
        domain=row.domain,
        message_id=row.message_id,
        at=row.at,
        changed_at=row.changed_at,
        facts=bool(row.facts),
        reasons=tuple(json.loads(row.reasons)),
        lines=lines,
        unnamed=unnamed,
        counted=bool(hashes),
        unheard=_unheard(lines, unnamed, hashes) if unnamed else 0,
        told=Told(row.told, bool(row.told_final), states),
        told_print=row.told_print,
        journal_print=row.journal_print,
        digested=row.digested_at is not None and row.digested_at >= row.changed_at,
        digest_copied=row.digest_copied_at is not None and row.digest_copied_at >= row.changed_at,
        named=frozenset(map(mailbox_key, named)),
    )


def _expected(facts: Facts) -> str:
    """The column: names, or what is known of those who are not named."""
    if not facts.unnamed:
        return json.dumps(facts.recipients)
    return json.dumps(
        {"number": facts.unnamed, "marks": facts.hashes.hex()} if facts.hashes else facts.unnamed
    )


def _known(expected: str) -> tuple[Sequence[str], int, bytes]:
    """Names, number of those not named, their hashes."""
    match json.loads(expected):
        case int(number):
            return (), number, b""
        case {"number": int(number), "marks": str(hashes)}:
            return (), number, bytes.fromhex(hashes)
        case names:
            return names, 0, b""


def _unheard(lines: Sequence[Line], unnamed: int, hashes: bytes) -> int:
    if not hashes:
        return max(0, unnamed - sum(line.way is not Way.INTERNAL for line in lines))
    return unheard_hashes(hashes, ((line.recipient, line.original) for line in lines))


def _row(connection: Connection, message_id: str, *, lock: bool = False) -> Row[Any] | None:
    query = sa.select(sent_message).where(sent_message.c.id == message_id)
    return connection.execute(query.with_for_update() if lock else query).one_or_none()


def _news(row: Row[Any]) -> News:
    plain = {name: getattr(row, name) for name in _AS_THEY_ARE}
    return News(
        stage=Stage(row.stage), state=State(row.state), way=Way(row.way) if row.way else None, **plain
    )


def _columns(news: News) -> dict[str, Any]:
    return {
        **{name: getattr(news, name) for name in _AS_THEY_ARE},
        "domain": domain_of(news.recipient),
        "stage": news.stage.value,
        "state": news.state.value,
        "way": news.way.value if news.way else None,
    }
