"""What goes out once a day or once a week: digests to senders who want them, a report to the postmaster.

That a day's or a week's is done stands in the store (table ``meta``) when it is done, not before. Whoever does it, of
several hosts, holds a lease meanwhile: when he dies, or the return port is down, it is done again after that, and what
each sender and journal has had stands with the messages. What was missed because nobody ran is made up for: the report
is of the last whole week whatever day it is sent, a digest of all that stood in none. Who refuses his digest for good,
or on several days, is given up, and the postmaster told.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.clock import is_behind
from segl.daemons.looping import every
from segl.days import DAY_SECONDS
from segl.errors import SeglError
from segl.events import Events
from segl.mail.handover import OutcomeUnknown, Refused
from segl.mail.return_port import send_to_one
from segl.metric_labels import Mailing
from segl.metrics import RECEIPTS
from segl.nodes import last_heard
from segl.receipts import digests
from segl.receipts.digests import Reader
from segl.receipts.records import SentMessage
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import insert_into, transaction
from segl.tables import meta
from segl.vocabulary import Asked
from segl_delivery.receipts import sender_links
from segl_delivery.receipts.copies import with_copies
from segl_delivery.receipts.digest import digest, parts_of
from segl_delivery.receipts.given_up import given_up
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.sender_links import no_link
from segl_delivery.receipts.since import fates_of
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.view import Tls, shown
from segl_delivery.receipts.weekly import weekly_report
from segl_delivery.receipts.writer import ReceiptWriter, tls_of

LOOK_SECONDS: Final = 60.0
LEASE_SECONDS: Final = 600.0
MOST_TRIES: Final = 3  # days in a row on which a digest is refused for now
_DIGEST_DAYS: Final = 8
_DIGEST, _WEEKLY = "receipts.digest", "receipts.weekly"


class ReceiptSchedule:
    """One for the process."""

    def __init__(self, engine: Engine, writer: Callable[[], ReceiptWriter], events: Events) -> None:
        self._engine = engine
        self._writer = writer
        self._events = events

    async def run(self) -> None:
        await every(LOOK_SECONDS, "receipts schedule", self._round, self._events)

    async def _round(self) -> None:
        await asyncio.to_thread(self.look, datetime.now().astimezone())

    def look(self, now: datetime) -> None:
        """Do what is due at *now* (local time). Blocking."""
        receipts = self._writer().settings.receipts
        if now.hour < receipts.hour:
            return
        if self._begin(_DIGEST, _day, now) and self.send_digests(now):
            self._end(_DIGEST, _day, now)
        for owner in self._writer().settings.owners.every:
            key = _weekly_of(owner)
            if owner.report_to and self._begin(key, _week, now) and self.send_report(owner, now):
                self._end(key, _week, now)

    def send_digests(self, now: datetime) -> bool:
        """One to each sender who has them daily. (Who is refused for now has it in tomorrow's.) Whether that is done
        with: not when somebody's could not be handed over."""
        writer = self._writer()
        settings = writer.settings
        every = True
        since = now.timestamp() - _DIGEST_DAYS * DAY_SECONDS
        with transaction(self._engine) as connection:
            domains = digests.domains_since(connection, since)
        for domain in domains:
            with transaction(self._engine) as connection:
                changed = digests.for_digest(connection, domain, since)
                known = [with_copies(one, settings) for one in changed]
                found = [one for one in known if _stands(settings, one, now.timestamp())]
                tls = {message.id: tls_of(connection, message, settings) for message in found}
            by_sender: dict[str, list[SentMessage]] = {}
            for message in found:
                by_sender.setdefault(message.sender.lower(), []).append(message)
            for messages in by_sender.values():
                done = [self._digest(writer, reader, messages, tls, now) for reader in Reader]
                every = every and all(done)
                self._renew_lease(_DIGEST)
        return every

    def _digest(
        self,
        writer: ReceiptWriter,
        reader: Reader,
        messages: list[SentMessage],
        tls: dict[str, dict[str, Tls]],
        now: datetime,
    ) -> bool:
        """To *reader* what he has not had, in mails of bounded length. Whether that is done with for today."""
        first, sender = messages[0], messages[0].sender
        copied = reader is Reader.JOURNAL
        terms, signer = writer.settings.receipt_terms(first.domain, sender), writer.signer(first.domain)
        left = [one for one in messages if not (one.digest_copied if copied else one.digested)]
        to = (terms.journal or sender) if copied else sender
        if copied and to == sender:
            self._mark(left, reader, now)
            return True
        for some in parts_of(left):
            receipt = self._written(writer, terms, some, tls, now, to)
            error = self._failure(writer, to, receipt.message(now, signer), ReceiptKind.DAILY.value)
            if error is not None and not self._is_given_up(sender, reader, error, now):
                return _is_answer(error)  # then they stand in tomorrow's
            if error is not None:
                self._mark(left, reader, now)
                self._tell_of_loss(writer, sender, to, left, error, now)
                return True
            self._mark(some, reader, now)
            if not copied:
                RECEIPTS.labels(ReceiptKind.DAILY.value).inc()
        if left:
            with transaction(self._engine) as connection:
                digests.taken(connection, sender, reader)
        return True

    def _written(
        self,
        writer: ReceiptWriter,
        terms: ReceiptTerms,
        messages: list[SentMessage],
        tls: dict[str, dict[str, Tls]],
        now: datetime,
        reader: str,
    ) -> Receipt:
        settings, sender = writer.settings, messages[0].sender
        with transaction(self._engine) as connection:
            fates = fates_of(connection, chain.from_iterable(one.lines for one in messages), now.timestamp())
        return digest(
            writer,
            terms,
            messages,
            tls,
            now,
            reader=reader,
            fates=fates,
            revoke=sender_links.revocation(self._engine, settings, sender) if reader == sender else no_link,
            not_sensitive=lambda one: (
                sender_links.feedback(self._engine, settings, one) if reader == sender else ""
            ),
        )

    def _mark(self, some: list[SentMessage], reader: Reader, now: datetime) -> None:
        with transaction(self._engine) as connection:
            digests.mark_digested(connection, (one.id for one in some), now.timestamp(), reader)

    def _is_given_up(self, sender: str, reader: Reader, error: SeglError, now: datetime) -> bool:
        """Whether that was the last try: the refusal is for good, or one of several in a row; a digest of which nobody
        knows whether it was taken is one that was. (That the return port is down is nobody's refusal.)"""
        if not _is_answer(error):
            return False
        with transaction(self._engine) as connection:
            times = digests.refused(connection, sender, reader, now.timestamp())
            over = times >= MOST_TRIES or not error.reply.temporary
            if over:
                digests.taken(connection, sender, reader)
        return over

    def _tell_of_loss(
        self,
        writer: ReceiptWriter,
        sender: str,
        to: str,
        lost: list[SentMessage],
        error: SeglError,
        now: datetime,
    ) -> None:
        """The postmaster hears of it, once."""
        self._events.digest_given_up(sender, to, len(lost), error)
        owner = writer.settings.owner(lost[0].domain)
        if report_to := owner.report_to or writer.settings.owners.first.report_to:
            said = given_up(owner, report_to, sender, to, len(lost), error.public, now)
            self._failure(writer, report_to, said, "given up")

    def send_report(self, owner: Owner, now: datetime) -> bool:
        """The last whole week's numbers: of all mail to who runs the installation, to a tenant of its own. Whether
        that is done with."""
        writer = self._writer()
        with transaction(self._engine) as connection:
            report = weekly_report(connection, writer.settings, now, owner)
        error = self._failure(writer, owner.report_to, report.message(now), "weekly")
        if error is None:
            RECEIPTS.labels(Mailing.WEEKLY).inc()
        return error is None or (isinstance(error, Refused) and not error.reply.temporary)

    def _failure(self, writer: ReceiptWriter, recipient: str, content: bytes, kind: str) -> SeglError | None:
        """Send it; why it was not taken."""
        try:
            send_to_one(writer.port, "", recipient, content, named=True)
        except SeglError as error:
            self._events.receipt_not_sent(kind, error)
            return error
        return None

    def _begin(self, key: str, turn_at: Callable[[datetime], str], moment: datetime) -> bool:
        """Whether *moment*'s turn of *key* has come and is ours. The first ever is nobody's: a new store has nothing to
        tell. One that lies ahead was done while a clock was wrong, and does not count; unless ours is, now."""
        now, value = moment.timestamp(), turn_at(moment)
        soon = turn_at(moment + timedelta(days=1))  # another node's midnight is not quite ours
        with transaction(self._engine) as connection:
            done = connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))
            if done is None:
                new = insert_into(connection, meta).values(key=key, value=value)
                connection.execute(new.on_conflict_do_nothing())
                return False
            if value <= done <= soon or (done > soon and is_behind(now, last_heard(self._engine, now))):
                return False
            lease, until = f"{key}.lease", f"{now + LEASE_SECONDS:.3f}"
            held = connection.scalar(sa.select(meta.c.value).where(meta.c.key == lease))
            if held is None:
                new = insert_into(connection, meta).values(key=lease, value=until)
                ours = new.on_conflict_do_nothing().returning(meta.c.key)  # none where another was first
                return connection.scalar(ours) is not None
            if now < float(held) <= now + LEASE_SECONDS:  # (a clock may have been set back)
                return False
            taken = connection.execute(
                meta.update().where(meta.c.key == lease, meta.c.value == held).values(value=until)
            )
            return bool(taken.rowcount)

    def _renew_lease(self, key: str) -> None:
        """Work goes on: nobody else is to begin it."""
        until = f"{time.time() + LEASE_SECONDS:.3f}"
        with transaction(self._engine) as connection:
            connection.execute(meta.update().where(meta.c.key == f"{key}.lease").values(value=until))

    def _end(self, key: str, turn_at: Callable[[datetime], str], moment: datetime) -> None:
        value, soon = turn_at(moment), turn_at(moment + timedelta(days=1))
        is_other = sa.or_(meta.c.value < value, meta.c.value > soon)
        with transaction(self._engine) as connection:
            connection.execute(meta.update().where(meta.c.key == key, is_other).values(value=value))


def _day(moment: datetime) -> str:
    """By which each day's turn is known; a later one is greater."""
    return moment.date().isoformat()


def _week(moment: datetime) -> str:
    year, week, _ = moment.isocalendar()
    return f"{year}-{week:02}"


def _stands(settings: Settings, message: SentMessage, now: float) -> bool:
    """Whether *message* belongs into its sender's digest: when everyone has a last word, else, with what is known, when
    his patience is over. One that was left to a digest is told in it, though its sender gets receipts by now."""
    terms = settings.receipt_terms(message.domain, message.sender)
    if Asked.OWN_RECEIPT in message.reasons:
        return False
    if terms.send in (Receipts.SECURE, Receipts.ALL):
        return message.complete and _was_left(message) and bool(shown(message, terms.send))
    over = message.complete or now >= message.at + terms.wait_seconds
    told = bool(shown(message, terms.send) or message.unheard)
    return terms.send is Receipts.DAILY and over and told


def _was_left(message: SentMessage) -> bool:
    """Whether it was looked at when its sender had digests, and no receipt sent. (What was looked at under other terms
    counts as digested: :func:`segl.receipts.records.mark_told`.)"""
    told = message.told
    return told.final and not told.receipts and all(told.of(line) is line.state for line in message.lines)


def _is_answer(error: SeglError) -> bool:
    """Whether it says something of who was to get it, not of the return port alone."""
    return isinstance(error, OutcomeUnknown) or (isinstance(error, Refused) and not error.is_of_port)


def _weekly_of(owner: Owner) -> str:
    """The key under which it stands how far *owner*'s reports are."""
    return f"{_WEEKLY}.{sha256(owner.domains[0].encode()).hexdigest()[:16]}" if owner.is_tenant else _WEEKLY
