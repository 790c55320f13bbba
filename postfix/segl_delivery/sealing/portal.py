"""The agent behind the transport ``segl-portal``: seals the message to disk and tells each recipient by mail.

The order makes a process that dies at any point lose nothing: the file is written and synced, then the
rows of all recipients, then each recipient's row is marked, her notice goes to the return port, and only then is 250
said for her. Until then Postfix keeps the message, and hands it over again. Who certainly had her notice before is not
told again; of whom that is not known has the same notice once more, of the same sealed message
(:mod:`segl_delivery.sealing.resuming`). A copy whose notice was never begun, whose link nobody has, is shredded after a
day; one whose notice may have gone lives as long as that promises (docs/decisions/0054-a-notice-that-is-going.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from segl.errors import SeglError, SmtpReply, StoreError
from segl.events import Events
from segl.mail.handover import OutcomeUnknown
from segl.mail.return_port import ReturnPort, send_to_one
from segl.sealed.records import SealedRecipient, begin_notice, drop_recipients, mark_notified
from segl.store.engine import patiently
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, reply_to
from segl_delivery.sealing.notice import Notice, NoticeFrom
from segl_delivery.sealing.resuming import StillInHand, resume
from segl_delivery.sealing.rows_in_hand import ROWS_IN_HAND
from segl_delivery.sealing.seal import Addressee, NumberUnclear, Sealed, Sealer
from segl_delivery.sealing.storage_threads import StorageThreads

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
        replies: dict[str, SmtpReply] = {}
        ready: list[Sealed] = []
        seen: set[str] = set()
        try:
            told = await self.threads.run(self.sealer.told_before, delivery)
            replies |= {address: _sealed_as(message_id) for address, message_id in told.items()}
            seen |= set(told)
            if len(seen) < len(delivery.recipients):
                resumed = await self.threads.run(resume, self.sealer, delivery, told)
                replies |= self._not_delivered(resumed.busy, StillInHand())
                ready += resumed.sealed
                seen |= resumed.addresses
            if len(seen) < len(delivery.recipients):
                new = await self.threads.run(self.sealer.seal, delivery, seen)
                replies |= self._not_delivered(new.refused, NumberUnclear())
                ready.append(new)
        except Exception as error:  # what is ready goes all the same: its rows are in hand until it went
            left = [address for address in delivery.recipients if address not in seen]
            replies |= self._not_delivered(left, error)
        at_once = asyncio.Semaphore(NOTICES_AT_ONCE)

        async def notify(sealed: Sealed, addressee: Addressee) -> tuple[str, SmtpReply]:
            async with at_once:
                reply = await self.threads.run(self._notify, delivery, sealed, addressee)
            return addressee.row.address, reply

        each = [notify(sealed, addressee) for sealed in ready for addressee in sealed.addressees]
        return replies | dict(await asyncio.gather(*each))

    def _not_delivered(self, recipients: Sequence[str], error: Exception) -> dict[str, SmtpReply]:
        if not isinstance(error, SeglError):
            self.events.failed(f"{self.way} delivery", error)
        elif recipients:
            self.events.not_delivered(self.way.value, recipients, error)
        return dict.fromkeys(recipients, reply_to(error))

    def _notify(self, delivery: Delivery, sealed: Sealed, addressee: Addressee) -> SmtpReply:
        """Send one notice; the recipient's reply. Does not raise: the others' notices must go."""
        try:
            return self._notify_once(delivery, sealed, addressee)
        finally:
            ROWS_IN_HAND.give_back(addressee.row.id)

    def _notify_once(self, delivery: Delivery, sealed: Sealed, addressee: Addressee) -> SmtpReply:
        row, message, engine = addressee.row, sealed.message, self.sealer.engine
        at = max(time.time(), sealed.sealed_at.timestamp())
        try:
            delivery.check_time()
            begin_notice(engine, message.id, row.id, at)
        except Exception as error:
            return self._take_back(delivery, message.id, addressee, error)
        try:
            queued_as = self._send_notice(sealed, addressee, delivery.envelope_id)
        except OutcomeUnknown as error:
            # The notice may have arrived: its link must go on working, and the next try sends the same once more.
            with suppress(SeglError):
                mark_notified(engine, row.id, at)
            return self._not_delivered([row.address], error)[row.address]
        except Exception as error:
            return self._take_back(delivery, message.id, addressee, error)
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
            name=_name_of(row),
        )
        return send_to_one(self.return_port, sender, row.address, notice.message(), envelope_id=envelope_id)

    def _take_back(
        self, delivery: Delivery, message_id: str, addressee: Addressee, error: Exception
    ) -> SmtpReply:
        """No notice went now: the recipient's row goes, if nobody revoked it, and the file with the last of them.
        Where one of an earlier try may have gone its link must go on working, and the next try takes it up."""
        row = addressee.row
        reply = self._not_delivered([row.address], error)[row.address]
        if addressee.may_be_told:
            return reply
        # A store that just failed is asked once: the reply is not to wait for it, and others wait behind this one.
        tries = 1 if isinstance(error, StoreError) or delivery.is_late else 3
        try:
            if patiently(lambda: drop_recipients(self.sealer.engine, message_id, [row.id]), tries):
                self.sealer.directory.remove(message_id)
        except SeglError as fault:  # then it is shredded when it ends, as if we had died here
            self.events.failed("taking a sealed message back", fault)
        return reply


def _sealed_as(message_id: str) -> SmtpReply:
    return SmtpReply(250, "2.0.0", f"portal: sealed as {message_id}")


def _name_of(row: SealedRecipient) -> str:
    """Her notice's name in its Message-ID, the same at each try: a server that has it knows it again."""
    return sha256(b"notice\0" + row.id.encode("ascii")).hexdigest()[:32]
