"""The agent behind the transport ``segl-portal``: seals the message to disk and tells each recipient by mail.

The order makes a process that dies at any point lose nothing: the file is written and synced, then the
rows of all recipients, then each recipient's notice goes to the return port, and only then is 250 said
for that recipient. Until then Postfix keeps the message; at worst it is sealed twice, and the first copy,
whose link nobody has, is shredded after a day.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Engine

from segl.errors import SeglError, SmtpReply
from segl.events import Events
from segl.headers import steers
from segl.mail.fields import without
from segl.mail.return_port import OutcomeUnknown, Refused, ReturnPort
from segl.metrics import SEALED_BYTES
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Place, Secret, new_content_key, wrap
from segl.sealed.records import SealedMessage, SealedRecipient, drop_recipients, mark_notified, record
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, reply_to
from segl_delivery.notice import Notice, NoticeFrom

NOTICES_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class _Addressee:
    """A recipient's row and the link secret, which leaves this process only in the notice."""

    row: SealedRecipient
    link: Secret


@dataclass(frozen=True, slots=True)
class _Sealed:
    """A message that is sealed and recorded, and whose notices are to go."""

    message: SealedMessage
    addressees: tuple[_Addressee, ...]
    sealed_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PortalAgent:
    """See :class:`segl_delivery.agent.Agent`."""

    engine: Engine
    directory: SealedDirectory
    return_port: ReturnPort
    events: Events
    house: NoticeFrom
    expiry_days: int

    @property
    def way(self) -> Way:
        return Way.PORTAL

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        try:
            sealed = await asyncio.to_thread(self._seal, delivery)
        except SeglError as error:
            self.events.not_delivered(self.way.value, delivery.recipients, error)
            return dict.fromkeys(delivery.recipients, error.reply)
        at_once = asyncio.Semaphore(NOTICES_AT_ONCE)

        async def notify(addressee: _Addressee) -> SmtpReply:
            async with at_once:
                return await asyncio.to_thread(self._notify, delivery, sealed, addressee)

        replies = await asyncio.gather(*(notify(addressee) for addressee in sealed.addressees))
        return {
            addressee.row.address: reply for addressee, reply in zip(sealed.addressees, replies, strict=True)
        }

    def _seal(self, delivery: Delivery) -> _Sealed:
        content = without(delivery.content, steers)
        message_id, key = new_id(), new_content_key()
        now = datetime.now()
        until = end_of_day(now, self.expiry_days)
        addressees = tuple(_addressee(message_id, key, address) for address in delivery.recipients)
        self.directory.write(message_id, key, [content])
        message = SealedMessage(
            message_id, delivery.envelope.sender, len(content), now.timestamp(), until.timestamp()
        )
        try:
            record(self.engine, message, [addressee.row for addressee in addressees])
        except BaseException:
            self.directory.remove(message_id)
            raise
        SEALED_BYTES.inc(len(content))
        self.events.sealed(message_id, delivery.recipients, size=len(content))
        return _Sealed(message, addressees, now.astimezone(), until)

    def _notify(self, delivery: Delivery, sealed: _Sealed, addressee: _Addressee) -> SmtpReply:
        """Send one notice; the recipient's reply. Does not raise: the others' notices must go."""
        row, message = addressee.row, sealed.message
        try:
            delivery.check_time()
            queued_as = self._send_notice(sealed, addressee, delivery.envelope_id)
        except OutcomeUnknown as error:
            # The notice may have arrived: its link must go on working. The next try seals and tells once
            # more.
            self.events.not_delivered(self.way.value, [row.address], error)
            with suppress(SeglError):
                mark_notified(self.engine, row.id, time.time())
            return error.reply
        except Exception as error:
            self._take_back(message.id, row, error)
            return reply_to(error)
        try:
            mark_notified(self.engine, row.id, time.time())
        except SeglError as error:
            # Unmarked, the row is shredded after a day: say that it must be tried again.
            self.events.not_delivered(self.way.value, [row.address], error)
            return error.reply
        self.events.notice_sent(message.id, row.address, queued_as)
        return SmtpReply(250, "2.0.0", f"portal: sealed as {message.id}")

    def _send_notice(self, sealed: _Sealed, addressee: _Addressee, envelope_id: str) -> str:
        row, sender = addressee.row, sealed.message.sender
        notice = Notice(
            house=self.house,
            sender=sender,
            recipient=row.address,
            link=self.house.link(row.id, addressee.link),
            written=sealed.sealed_at,
            until=sealed.until,
        )
        handover = self.return_port.send(
            sender, [row.address], notice.message(), smtputf8=False, envelope_id=envelope_id
        )
        if refusal := handover.refused.get(row.address):
            raise Refused(refusal, "RCPT")
        return handover.queued_as

    def _take_back(self, message_id: str, row: SealedRecipient, error: Exception) -> None:
        """No notice went: the recipient's row goes, and the file with the last of them."""
        if isinstance(error, SeglError):
            self.events.not_delivered(self.way.value, [row.address], error)
        else:
            self.events.failed("notice", error)
        try:
            if drop_recipients(self.engine, message_id, [row.id]):
                self.directory.remove(message_id)
        except SeglError as fault:  # then it is shredded after a day, as if we had died here
            self.events.failed("taking a sealed message back", fault)


def _addressee(message_id: str, key: Secret, address: str) -> _Addressee:
    row_id, link, server = new_id(), Secret.new(), Secret.new()
    place = Place(bytes.fromhex(message_id), bytes.fromhex(row_id))
    return _Addressee(SealedRecipient(row_id, address, server, wrap(key, link, server, place)), link)


def end_of_day(now: datetime, days: int) -> datetime:
    """The last second of the day *days* after *now* (local time without zone): a person is promised a
    date."""
    last = (now + timedelta(days=days)).replace(hour=23, minute=59, second=59, microsecond=0)
    return last.astimezone()
