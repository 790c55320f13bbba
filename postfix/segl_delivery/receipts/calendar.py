"""What goes out once a day or once a week: digests to senders who want them, a report to the postmaster.

That a day's or a week's is done stands in the store (table ``meta``) when it is done, not before. Whoever does it, of
several hosts, holds a lease meanwhile: when he dies, or the return port is down, it is done again after that, and what
each sender and journal has had stands with the messages. What was missed because nobody ran is made up for: the report
is of the last whole week whatever day it is sent, a digest of all that stood in none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from segl.errors import SeglError
from segl.events import Events
from segl.mail.return_port import Refused
from segl.metrics import RECEIPTS
from segl.receipts import records
from segl.receipts.records import SentMessage
from segl.settings import Settings
from segl.settings_organisation import Owner
from segl.settings_receipts import Receipts
from segl.store import transaction
from segl.tables import meta
from segl_delivery.receipts.digest import digest
from segl_delivery.receipts.office import Office, tls_of
from segl_delivery.receipts.texts import Kind
from segl_delivery.receipts.view import Tls
from segl_delivery.receipts.weekly import weekly_report

LOOK_SECONDS: Final = 60.0
LEASE_SECONDS: Final = 600.0
_DIGEST_DAYS: Final = 8
_DAY: Final = 86400.0
_DIGEST, _WEEKLY = "receipts.digest", "receipts.weekly"


class Calendar:
    """One for the process."""

    def __init__(self, engine: Engine, office: Callable[[], Office], events: Events) -> None:
        self._engine = engine
        self._office = office
        self._events = events

    async def run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.look, datetime.now().astimezone())
            except Exception as error:
                self._events.failed("receipts calendar", error)
            await asyncio.sleep(LOOK_SECONDS)

    def look(self, now: datetime) -> None:
        """Do what is due at *now* (local time). Blocking."""
        receipts = self._office().settings.receipts
        if now.hour < receipts.hour:
            return
        if self._begin(_DIGEST, now.date().isoformat(), now):
            self.send_digests(now)
            self._end(_DIGEST, now.date().isoformat())
        year, week, _ = now.isocalendar()
        for owner in self._office().settings.owners.every:
            key, value = _weekly_of(owner), f"{year}-{week:02}"
            if owner.report_to and self._begin(key, value, now) and self.send_report(owner, now):
                self._end(key, value)

    def send_digests(self, now: datetime) -> None:
        """One to each sender of a domain that has them daily. (Who is refused for now has it in tomorrow's.)"""
        office = self._office()
        settings = office.settings
        own = (domain for owner in settings.owners.every for domain in owner.domains)
        asked = any(policy.receipts is Receipts.DAILY for policy in settings.policy)
        for domain in dict.fromkeys((*own, *(rule.domain for rule in settings.receipt))):
            if not asked and settings.receipt_terms(domain).send is not Receipts.DAILY:
                continue
            with transaction(self._engine) as connection:
                since = now.timestamp() - _DIGEST_DAYS * _DAY
                changed = [
                    one
                    for one in records.for_digest(connection, domain, since)
                    if one.complete or one.unnamed
                ]
                found = [one for one in changed if self._is_daily(settings, one)]
                tls = {message.id: tls_of(connection, message, settings) for message in found}
            by_sender: dict[str, list[SentMessage]] = {}
            for message in found:
                by_sender.setdefault(message.sender.lower(), []).append(message)
            for messages in by_sender.values():
                self._digest(office, messages, tls, now)
                self._hold(_DIGEST)

    @staticmethod
    def _is_daily(settings: Settings, message: SentMessage) -> bool:
        return settings.receipt_terms(message.domain, message.sender).send is Receipts.DAILY

    def _digest(
        self, office: Office, messages: list[SentMessage], tls: dict[str, dict[str, Tls]], now: datetime
    ) -> None:
        """To the sender and to the journal, each what it has not had."""
        first, sender = messages[0], messages[0].sender
        terms, signer = office.settings.receipt_terms(first.domain, sender), office.signer(first.domain)
        for recipient, copy in ((sender, False), (terms.journal or sender, True)):
            some = [one for one in messages if not (one.digest_copied if copy else one.digested)]
            if not some:
                continue
            if recipient != sender or not copy:
                receipt = digest(office, terms, some, tls, now)
                if self._failure(office, recipient, receipt.message(now, signer), "daily") is not None:
                    continue  # they stand in tomorrow's
                if not copy:
                    RECEIPTS.labels(Kind.DAILY.value).inc()
            with transaction(self._engine) as connection:
                records.mark_digested(connection, (one.id for one in some), time.time(), copy=copy)

    def send_report(self, owner: Owner, now: datetime) -> bool:
        """The last whole week's numbers: of all mail to who runs the installation, to a tenant of its own. Whether
        that is done with."""
        office = self._office()
        with transaction(self._engine) as connection:
            report = weekly_report(connection, office.settings, now, owner)
        error = self._failure(office, owner.report_to, report.message(now), "weekly")
        if error is None:
            RECEIPTS.labels("weekly").inc()
        return error is None or (isinstance(error, Refused) and not error.reply.temporary)

    def _failure(self, office: Office, recipient: str, content: bytes, kind: str) -> SeglError | None:
        """Send it; why it was not taken."""
        try:
            handover = office.return_port.send("", [recipient], content, smtputf8=False)
        except SeglError as error:
            self._events.receipt_not_sent(kind, error)
            return error
        if (refusal := handover.refused.get(recipient)) is None:
            return None
        refused = Refused(refusal, f"RCPT {recipient}")
        self._events.receipt_not_sent(kind, refused)
        return refused

    def _begin(self, key: str, value: str, moment: datetime) -> bool:
        """Whether *value*'s turn of *key* has come and is ours. The first ever is nobody's: a new store has nothing to
        tell."""
        now = moment.timestamp()
        try:
            with self._engine.begin() as connection:
                done = connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))
                if done is None:
                    connection.execute(meta.insert().values(key=key, value=value))
                    return False
                if done >= value:
                    return False
                lease, until = f"{key}.lease", f"{now + LEASE_SECONDS:.3f}"
                held = connection.scalar(sa.select(meta.c.value).where(meta.c.key == lease))
                if held is None:
                    connection.execute(meta.insert().values(key=lease, value=until))
                    return True
                if now < float(held) <= now + LEASE_SECONDS:  # (a clock may have been set back)
                    return False
                taken = connection.execute(
                    meta.update().where(meta.c.key == lease, meta.c.value == held).values(value=until)
                )
                return bool(taken.rowcount)
        except IntegrityError:  # another process was first
            return False

    def _hold(self, key: str) -> None:
        """Work goes on: nobody else is to begin it."""
        until = f"{time.time() + LEASE_SECONDS:.3f}"
        with transaction(self._engine) as connection:
            connection.execute(meta.update().where(meta.c.key == f"{key}.lease").values(value=until))

    def _end(self, key: str, value: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(
                meta.update().where(meta.c.key == key, meta.c.value < value).values(value=value)
            )


def _weekly_of(owner: Owner) -> str:
    """The key under which it stands how far *owner*'s reports are."""
    return f"{_WEEKLY}.{sha256(owner.domains[0].encode()).hexdigest()[:16]}" if owner.is_tenant else _WEEKLY
