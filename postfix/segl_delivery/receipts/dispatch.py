"""Writes the receipts that are due and sends them.

A message is due when the store says so (:mod:`segl.receipts.due`). Whoever takes it moves its time on first, sends, and
then writes down what was told: a process that dies in between leaves a receipt that is sent once more after the lease,
under the same Message-ID, and never one that is lost. One that is refused to its reader for good, or for a day, is
given up. Was it about mail that did not arrive, the house is told instead of the sender, and it stays due until either
knows. A return port that takes nothing from anybody is waited for, however long that is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection, Engine

from segl.clock import SetBack
from segl.days import DAY_SECONDS
from segl.errors import DeliveryError, SeglError
from segl.events import Events
from segl.mail.handover import OutcomeUnknown, Refused
from segl.mail.return_port import send_to_one
from segl.metrics import RECEIPT_SECONDS, RECEIPTS, RECEIPTS_DUE
from segl.nodes import last_heard
from segl.receipts import leases, protection, records
from segl.receipts.ahead import moved_back, set_right
from segl.receipts.due import fingerprint, is_expanded
from segl.receipts.read_logs import read_everywhere
from segl.receipts.records import SentMessage
from segl.receipts.states import State
from segl.settings.document import Settings
from segl.settings.receipts import ReceiptTerms
from segl.store.engine import patiently, transaction
from segl.vocabulary import Way
from segl_delivery.receipts import sender_links
from segl_delivery.receipts.copies import with_copies
from segl_delivery.receipts.given_up import receipt_given_up
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.sender_links import no_link
from segl_delivery.receipts.since import Fates, fates_of
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.view import Tls, kind_now, kind_of
from segl_delivery.receipts.writer import ReceiptWriter, tls_of

AT_ONCE: Final = 4
_BATCH: Final = 2 * AT_ONCE  # few: those in hand when this process dies wait for the lease
_LOOK_SECONDS: Final = 5.0  # at least so often: another host may have written
_AGAIN_SECONDS: Final = 15.0  # after a receipt could not be sent
_REFUSED_SECONDS: Final = 60.0  # after it was refused for now
_UNKNOWN_SECONDS: Final = 900.0  # after no answer came: he may have it, and each try is one more
_PATIENCE: Final = DAY_SECONDS  # seconds: a sender who is refused "for now" so long gets none
_RENEW_SECONDS: Final = leases.LEASE_SECONDS / 3
_EVIDENCE_LOOK: Final = 0.5
_BACKLOG_SECONDS: Final = 120.0
_BACKLOG_LOOK: Final = 5.0
_PROOF_SECONDS: Final = 10.0  # segl-map notes at once what it gave, unless the store is held by others
_QUEUE_SECONDS: Final = 2.0  # by then the log's lines before the report are read


@dataclass(frozen=True, slots=True)
class _Case:
    """A message that is due, and what there is to tell its sender of it (``None``: nothing)."""

    writer: ReceiptWriter
    terms: ReceiptTerms
    message: SentMessage
    kind: ReceiptKind | None
    tls: Mapping[str, Tls]
    fates: Fates
    log_may_tell: bool = False
    log_is_read: bool = False  # as far as it was written when the last news came
    queue_is_read: bool = False  # and it is the one that the deliveries of an expanded address stand in

    @property
    def number(self) -> int:
        """The how-manieth receipt this is, or, when there is none to send, the last one was."""
        return self.message.told.receipts + (self.kind is not None)


class ReceiptDispatcher:
    """One for the process."""

    def __init__(
        self,
        engine: Engine,
        writer: Callable[[], ReceiptWriter],
        events: Events,
        news: asyncio.Event,
        log_may_tell: Callable[[], bool] = lambda: False,
        log_read_until: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._events = events
        self._news = news
        self._log_may_tell = log_may_tell
        self._log_read_until = log_read_until
        self._places = asyncio.Semaphore(AT_ONCE)
        self.set_back = SetBack()
        self._back = 0.0  # seconds of which the store does not know yet

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._news.clear()
            try:
                taken, seconds = await asyncio.to_thread(self._take)
            except Exception as error:
                self._events.failed("receipts", error)
                taken, seconds = [], _LOOK_SECONDS
            RECEIPTS_DUE.set(len(taken))
            if taken:
                await asyncio.gather(*(self._one(message_id) for message_id in taken))
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()

    def _take(self) -> tuple[list[str], float]:
        """Messages that are due, or how long none is."""
        now = time.time()
        self._back += self.set_back.since_asked(now)
        if self._back:
            if number := moved_back(self._engine, now, self._back):
                self._events.receipts_set_right(number)
            self._back = 0.0
        with transaction(self._engine) as connection:
            due = leases.next_due(connection)
        if due is None or due > now:
            if number := set_right(self._engine, now, _longest_wait(self._writer().settings), last_heard):
                self._events.receipts_set_right(number)
                return [], 0.0
            return [], _LOOK_SECONDS if due is None else min(due - now, _LOOK_SECONDS)
        with transaction(self._engine) as connection:
            return leases.take_due(connection, now, _BATCH), 0.0

    async def _keep_leased(self, message_id: str) -> None:
        """Keep it from other nodes for as long as it waits for a place or is being sent, which may take minutes."""
        while True:
            await asyncio.sleep(_RENEW_SECONDS)
            with suppress(SeglError):
                await asyncio.to_thread(self._renew_lease, message_id)

    def _renew_lease(self, message_id: str) -> None:
        with transaction(self._engine) as connection:
            leases.renew(connection, message_id, time.time())

    async def _one(self, message_id: str) -> None:
        leased = asyncio.create_task(self._keep_leased(message_id))
        try:
            await self._look_at(message_id)
        finally:
            leased.cancel()

    async def _look_at(self, message_id: str) -> None:
        async with self._places:
            try:
                await asyncio.to_thread(self.tell, message_id)
            except Exception as error:
                if isinstance(error, SeglError):
                    self._events.receipt_not_sent(message_id, error)
                else:
                    self._events.failed("receipt", error)
                with suppress(SeglError):
                    await asyncio.to_thread(self._put_off, message_id, _pause_after(error))

    def tell(self, message_id: str) -> None:
        """Look at a message that is due, and send what there is to tell. Blocking."""
        writer, now = self._writer(), time.time()
        # Before what the log told is looked up.
        may_tell, read_until = self._log_may_tell(), self._log_read_until()
        with transaction(self._engine) as connection:
            node = writer.settings.store.node_name
            read_until = read_everywhere(connection, node, read_until, now)
            message = records.read(connection, message_id)
            if message is None:
                return
            message = with_copies(message, writer.settings)
            tls = tls_of(connection, message, writer.settings)
            fates = fates_of(connection, message.lines, now)
            logged = not message.expanded or protection.are_logged(connection, _queues_of(message))
        terms = writer.settings.receipt_terms(message.domain, message.sender)
        kind = kind_of(message, terms.send)
        is_read = may_tell and read_until >= message.changed_at
        case = _Case(writer, terms, message, kind, tls, fates, may_tell, is_read, is_read and logged)
        if _may_wait(case, now):
            fresh = now < message.changed_at + writer.settings.receipts.evidence_seconds
            self._put_off(message_id, _EVIDENCE_LOOK if fresh else _BACKLOG_LOOK)
            return
        # the sender and the journal each for himself: who is refused for now is tried again, and the other has his
        failed = [error for tell in (self._tell_sender, self._tell_journal) if (error := _fault(tell, case))]
        if failed:
            raise failed[0]
        if terms.journal:  # it was due as long as a copy was owed
            self._remember(lambda connection: records.look_again(connection, message_id, terms, time.time()))

    def _tell_sender(self, case: _Case) -> None:
        message, kind = case.message, case.kind
        if kind is not None:
            receipt = self._written(case, kind, message.sender, links=True)
            sent = self._send(case.writer, message, message.sender, receipt)
            if isinstance(sent, DeliveryError):
                if kind in (ReceiptKind.FAILED, ReceiptKind.DELAYED):
                    self._tell_house(case.writer, message, sent)
                self._events.receipt_given_up(message.id, message.sender, sent)
            else:
                RECEIPTS.labels(kind.value).inc()
                RECEIPT_SECONDS.observe(max(0.0, time.time() - message.changed_at))
                self._events.receipt_sent(
                    message.id, message.sender, kind.value, number=case.number, queued_as=sent
                )
        self._remember(
            lambda connection: records.mark_told(
                connection, message, case.terms, time.time(), receipt=kind is not None
            )
        )

    def _tell_journal(self, case: _Case) -> None:
        """A copy of what the sender is told now, or was told when the journal could not be reached. The links are the
        sender's: who has them takes messages back, and answers in his name."""
        message, journal = case.message, case.terms.journal
        said = fingerprint(message.lines) if case.kind is not None else message.told_print
        if journal in ("", message.sender) or said in ("", message.journal_print):
            return
        receipt = self._written(case, case.kind or kind_now(message), journal, links=False)
        sent = self._send(case.writer, message, journal, replace(receipt, name=f"copy.{receipt.name}"))
        if isinstance(sent, DeliveryError):
            self._events.receipt_given_up(message.id, journal, sent)
        self._remember(lambda connection: records.mark_copied(connection, message.id, said))

    def _remember(self, write: Callable[[Connection], None]) -> None:
        """What has gone is written down, though the store is held by another for some seconds: else it goes again."""

        def written() -> None:
            with transaction(self._engine) as connection:
                write(connection)

        patiently(written)

    def _written(self, case: _Case, kind: ReceiptKind, reader: str, *, links: bool) -> Receipt:
        settings = case.writer.settings
        return case.writer.write(
            case.terms,
            case.message,
            kind,
            case.tls,
            sender_links.revocation(self._engine, settings, case.message.sender) if links else no_link,
            sender_links.feedback(self._engine, settings, case.message) if links else "",
            fates=case.fates,
            reader=reader,
            number=case.number,
            queue_known=case.queue_is_read,
        )

    def _tell_house(self, writer: ReceiptWriter, message: SentMessage, why: DeliveryError) -> None:
        """The postmaster hears, once, that *message* did not arrive, and that its sender does not know. Raises
        :class:`SeglError` when nobody knows yet, and somebody may later."""
        owner = writer.settings.owner(message.domain)
        report_to = owner.report_to or writer.settings.owners.first.report_to
        if report_to:
            now = datetime.now().astimezone()
            letter = receipt_given_up(owner, report_to, message.sender, message.id, why.public, now)
            try:
                _hand_over(writer, report_to, letter)
            except OutcomeUnknown as error:  # he may have it, and each try would be one more
                self._events.receipt_given_up(message.id, report_to, error)
                return
            except SeglError as error:
                if error.reply.temporary:
                    raise
                self._events.receipt_given_up(message.id, report_to, error)
            else:
                return
        if isinstance(why, Refused) and why.reply.temporary:
            raise why

    def _send(
        self, writer: ReceiptWriter, message: SentMessage, recipient: str, receipt: Receipt
    ) -> str | DeliveryError:
        """The queue id it was taken as; why, when it is given up. Raises :class:`SeglError` when it may be taken
        later."""
        content = receipt.message(datetime.now().astimezone(), writer.signer(message.domain))
        try:
            return _hand_over(writer, recipient, content)
        except (Refused, OutcomeUnknown) as error:
            if _may_come_later(error, message):
                raise
            return error

    def _put_off(self, message_id: str, seconds: float) -> None:
        with transaction(self._engine) as connection:
            leases.put_off(connection, message_id, time.time(), seconds)


def _longest_wait(settings: Settings) -> float:
    return max(settings.receipts.wait_seconds, *(rule.wait_seconds or 0.0 for rule in settings.receipt), 0.0)


def _fault(tell: Callable[[_Case], None], case: _Case) -> SeglError | None:
    try:
        tell(case)
    except SeglError as error:
        return error
    return None


def _may_wait(case: _Case, now: float) -> bool:
    """Whether the log may still tell how TLS protected something, or who else waits. After a stop, or in a storm, it is
    read later than the reports."""
    if case.kind is None or not case.log_may_tell:
        return False
    message, evidence, age = (
        case.message,
        case.writer.settings.receipts.evidence_seconds,
        now - case.message.changed_at,
    )
    if message.expanded:
        # nobody else waits when the log, read, names nobody: what arrived waits for that, what failed does not
        patient = case.kind is ReceiptKind.SENT and not case.queue_is_read
        if age < max(_QUEUE_SECONDS, case.terms.wait_seconds if patient else 0.0):
            return True
    by_tls = [line.recipient for line in message.lines if line.way is Way.TLS and line.state is State.SENT]
    if any(recipient not in case.tls for recipient in by_tls):
        return age < (evidence if case.log_is_read else max(evidence, _BACKLOG_SECONDS))
    return any(tls.is_awaited for tls in case.tls.values()) and age < max(evidence, _PROOF_SECONDS)


def _queues_of(message: SentMessage) -> set[str]:
    """Where the secure instance held copies of addresses that the front expanded."""
    return {line.queue_id for line in message.lines if is_expanded(line) and line.queue_id}


def _hand_over(writer: ReceiptWriter, recipient: str, content: bytes) -> str:
    return send_to_one(writer.port, "", recipient, content, named=True)


def _pause_after(error: Exception) -> float:
    if isinstance(error, OutcomeUnknown):
        return _UNKNOWN_SECONDS
    return _REFUSED_SECONDS if isinstance(error, Refused) else _AGAIN_SECONDS


def _may_come_later(error: DeliveryError, message: SentMessage) -> bool:
    if isinstance(error, Refused) and error.is_of_port:
        return True
    return error.reply.temporary and time.time() < message.changed_at + _PATIENCE
