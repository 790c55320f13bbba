"""What goes out once a day or once a week: digests to senders who want them, a report to the postmaster.

That a day's or a week's is done stands in the store (table ``meta``), written by a condition before anything is sent:
of several hosts, and of a process that starts again, one does it. Who dies in between leaves what was not told to the
next digest; failures were told at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from segl.errors import SeglError
from segl.events import Events
from segl.mail.return_port import Refused
from segl.metrics import RECEIPTS
from segl.receipts import records
from segl.receipts.of_owner import messages_of
from segl.receipts.records import SentMessage
from segl.settings import Settings
from segl.settings_receipts import Receipts
from segl.store import transaction
from segl.tables import meta
from segl_delivery.receipts.desk import Office, tls_of
from segl_delivery.receipts.digest import digest
from segl_delivery.receipts.texts import Kind
from segl_delivery.receipts.view import Tls
from segl_delivery.receipts.weekly import Volumes, volumes_in, weekly_report

LOOK_SECONDS: Final = 60.0
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
        if self._claim(_DIGEST, now.date().isoformat()):
            self.send_digests(now)
        year, week, day = now.isocalendar()
        wanted = any(owner.report_to for owner in self._office().settings.owners.every)
        if day == 1 and wanted and self._claim(_WEEKLY, f"{year}-{week:02}"):
            self.send_report(now)

    def send_digests(self, now: datetime) -> None:
        """One to each sender of a domain that has them daily."""
        office = self._office()
        settings = office.settings
        own = (domain for owner in settings.owners.every for domain in owner.domains)
        asked = any(policy.receipts is Receipts.DAILY for policy in settings.policy)
        for domain in dict.fromkeys((*own, *(rule.domain for rule in settings.receipt))):
            if not asked and settings.receipt_terms(domain).send is not Receipts.DAILY:
                continue
            with transaction(self._engine) as connection:
                since = now.timestamp() - _DIGEST_DAYS * _DAY
                changed = records.for_digest(connection, domain, since)
                found = [one for one in changed if one.complete and self._is_daily(settings, one)]
                tls = {message.id: tls_of(connection, message, settings) for message in found}
            by_sender: dict[str, list[SentMessage]] = {}
            for message in found:
                by_sender.setdefault(message.sender.lower(), []).append(message)
            for messages in by_sender.values():
                self._digest(office, messages, tls, now)

    @staticmethod
    def _is_daily(settings: Settings, message: SentMessage) -> bool:
        return settings.receipt_terms(message.domain, message.sender).send is Receipts.DAILY

    def _digest(
        self, office: Office, messages: list[SentMessage], tls: dict[str, dict[str, Tls]], now: datetime
    ) -> None:
        terms = office.settings.receipt_terms(messages[0].domain, messages[0].sender)
        receipt = digest(office, terms, messages, tls, now)
        recipients = list(dict.fromkeys(filter(None, (receipt.recipient, terms.journal))))
        try:
            content = receipt.message(now, office.signer(messages[0].domain))
            handover = office.return_port.send("", recipients, content, smtputf8=False)
            if (refusal := handover.refused.get(receipt.recipient)) is not None:
                raise Refused(refusal, "RCPT")
        except SeglError as error:
            self._events.receipt_not_sent("daily", error)
            return  # they stand in tomorrow's
        RECEIPTS.labels(Kind.DAILY.value).inc()
        with transaction(self._engine) as connection:
            records.mark_digested(connection, (message.id for message in messages), time.time())

    def send_report(self, now: datetime) -> None:
        """The week's numbers: to the postmaster of all mail, to each tenant of its own."""
        office = self._office()
        for owner in office.settings.owners.every:
            if not owner.report_to:
                continue
            of = partial(messages_of, owner=owner, owners=office.settings.owners) if owner.is_tenant else None
            with transaction(self._engine) as connection:
                volumes: Volumes = volumes_in(connection, now, of)
            report = weekly_report(office.settings, volumes, now, owner)
            try:
                office.return_port.send("", [report.recipient], report.message(now), smtputf8=False)
            except SeglError as error:
                self._events.receipt_not_sent("weekly", error)
                continue
            RECEIPTS.labels("weekly").inc()

    def _claim(self, key: str, value: str) -> bool:
        """Whether *value*'s turn of *key* is ours. The first ever is nobody's: a new store has nothing to tell."""
        try:
            with self._engine.begin() as connection:
                standing = connection.scalar(sa.select(meta.c.value).where(meta.c.key == key))
                if standing is None:
                    connection.execute(meta.insert().values(key=key, value=value))
                    return False
                if standing >= value:
                    return False
                done = connection.execute(
                    meta.update().where(meta.c.key == key, meta.c.value == standing).values(value=value)
                )
                return bool(done.rowcount)
        except IntegrityError:  # another process was first
            return False
