"""The agent behind the transport ``segl-portal``: seals the message to disk and tells each recipient by mail.

The order makes a process that dies at any point lose nothing: the file is written and synced, then the
rows of all recipients, then each recipient's row is marked, her notice goes to the return port, and only then is 250
said for her. Until then Postfix keeps the message; at worst it is sealed twice. Who certainly had her notice before,
of a try whose reply Postfix did not hear, is not told again. A copy whose notice was never begun,
whose link nobody has, is shredded after a day; one whose notice may have gone lives as long as that promises
(docs/decisions/0054-a-notice-that-is-going.md).
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from segl.errors import SeglError, SmtpReply, StoreError
from segl.events import Events
from segl.mail.handover import OutcomeUnknown
from segl.mail.return_port import ReturnPort, send_to_one
from segl.sealed.records import SealedRecipient, TakenBack, begin_notice, drop_recipients, mark_notified
from segl.store import patiently
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, reply_to
from segl_delivery.notice import Notice, NoticeFrom
from segl_delivery.sealing import Addressee, NumberUnclear, Sealed, Sealer
from segl_delivery.storage_threads import StorageThreads

NOTICES_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class PortalAgent:
    """See :class:`segl_delivery.agent.Agent`."""

    sealer: Sealer
    return_port: ReturnPort
    events: Events
    threads: StorageThreads = field(default_factory=StorageThreads)

    @property
    def way(self) -> Way:
        return Way.PORTAL

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        had: dict[str, SmtpReply] = {}
        try:
            told = await self.threads.run(self.sealer.told_before, delivery)
            had = {address: _sealed_as(message_id) for address, message_id in told.items()}
            if len(had) == len(delivery.recipients):
                return had
            sealed = await self.threads.run(self.sealer.seal, delivery, told)
        except SeglError as error:
            left = [address for address in delivery.recipients if address not in had]
            self.events.not_delivered(self.way.value, left, error)
            return had | dict.fromkeys(left, error.reply)
        at_once = asyncio.Semaphore(NOTICES_AT_ONCE)

        async def notify(addressee: Addressee) -> SmtpReply:
            async with at_once:
                return await self.threads.run(self._notify, delivery, sealed, addressee)

        replies = await asyncio.gather(*(notify(addressee) for addressee in sealed.addressees))
        unclear = NumberUnclear()
        if sealed.refused:
            self.events.not_delivered(self.way.value, sealed.refused, unclear)
        return (
            had
            | dict.fromkeys(sealed.refused, unclear.reply)
            | {
                addressee.row.address: reply
                for addressee, reply in zip(sealed.addressees, replies, strict=True)
            }
        )

    def _notify(self, delivery: Delivery, sealed: Sealed, addressee: Addressee) -> SmtpReply:
        """Send one notice; the recipient's reply. Does not raise: the others' notices must go."""
        row, message, engine = addressee.row, sealed.message, self.sealer.engine
        at = max(time.time(), sealed.sealed_at.timestamp())
        try:
            delivery.check_time()
            is_live = begin_notice(engine, row.id, at)
        except Exception as error:
            self._take_back(delivery, message.id, row, error)
            return reply_to(error)
        if not is_live:  # its row stays, and says so to who comes later
            gone = TakenBack(message.id)
            self.events.not_delivered(self.way.value, [row.address], gone)
            return gone.reply
        try:
            queued_as = self._send_notice(sealed, addressee, delivery.envelope_id)
        except OutcomeUnknown as error:
            # The notice may have arrived: its link must go on working. The next try seals and tells once
            # more.
            self.events.not_delivered(self.way.value, [row.address], error)
            with suppress(SeglError):
                mark_notified(engine, row.id, at)
            return error.reply
        except Exception as error:
            self._take_back(delivery, message.id, row, error)
            return reply_to(error)
        try:
            # Revoked while the notice went is delivered all the same: a second try would seal it anew.
            patiently(lambda: mark_notified(engine, row.id, at, queued_as=queued_as))
        except SeglError as error:
            # She has her link, and it lives: to say that it must be tried again would tell her twice. The trail alone
            # lacks its line.
            self.events.failed("notice in the trail", error)
        self.events.notice_sent(message.id, row.address, queued_as)
        return _sealed_as(message.id)

    def _send_notice(self, sealed: Sealed, addressee: Addressee, envelope_id: str) -> str:
        row, sender = addressee.row, sealed.message.sender
        house = NoticeFrom.of(self.sealer.settings, sender)
        notice = Notice(
            house=house,
            sender=sender,
            recipient=row.address,
            link=house.link(row.id, addressee.link),
            written=sealed.sealed_at,
            until=sealed.until,
            subject=sealed.subject,
            phone=row.phone,
            phrase=row.phrase_hash is not None,
        )
        return send_to_one(self.return_port, sender, row.address, notice.message(), envelope_id=envelope_id)

    def _take_back(self, delivery: Delivery, message_id: str, row: SealedRecipient, error: Exception) -> None:
        """No notice went: the recipient's row goes, and the file with the last of them."""
        # A store that just failed is asked once: the reply is not to wait for it, and others wait behind this one.
        tries = 1 if isinstance(error, StoreError) or delivery.is_late else 3
        if isinstance(error, SeglError):
            self.events.not_delivered(self.way.value, [row.address], error)
        else:
            self.events.failed("notice", error)
        try:
            if patiently(lambda: drop_recipients(self.sealer.engine, message_id, [row.id]), tries):
                self.sealer.directory.remove(message_id)
        except SeglError as fault:  # then it is shredded when it ends, as if we had died here
            self.events.failed("taking a sealed message back", fault)


def _sealed_as(message_id: str) -> SmtpReply:
    return SmtpReply(250, "2.0.0", f"portal: sealed as {message_id}")
