"""Writes the receipts that are due and sends them.

A message is due when the store says so (:mod:`segl.receipts.due`). Whoever takes it moves its time on first, sends, and
then writes down what was told: a process that dies in between leaves a receipt that is sent once more after the lease,
under the same Message-ID, and never one that is lost.
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

from segl.addresses import domain_of
from segl.decisions import links
from segl.errors import SeglError, SmtpReply
from segl.events import Events
from segl.mail.return_port import Refused, ReturnPort
from segl.metrics import RECEIPT_SECONDS, RECEIPTS, RECEIPTS_DUE
from segl.receipts import protection, records
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl.sealed.revocation import house_secret, revocation_link
from segl.settings import Settings
from segl.settings_receipts import ReceiptTerms
from segl.store import transaction
from segl.vocabulary import Way
from segl_delivery.cms.signed import Signer
from segl_delivery.receipts.machine import machine_form
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.proofs import proofs_of
from segl_delivery.receipts.templates_of import UNFIT, Templates, load, shipped
from segl_delivery.receipts.texts import Kind
from segl_delivery.receipts.view import House, Tls, kind_of, view_of

AT_ONCE: Final = 4
_BATCH: Final = 2 * AT_ONCE  # few: those in hand when this process dies wait for the lease
_LOOK_SECONDS: Final = 5.0  # at least so often: another host may have written
_AGAIN_SECONDS: Final = 15.0  # after a receipt could not be sent
_REFUSED_SECONDS: Final = 60.0  # after it was refused for now
_PATIENCE: Final = 86400.0  # seconds: a sender who is refused "for now" so long gets none
_EVIDENCE_LOOK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Office:
    """What receipts are written with; a reload puts another in its place."""

    settings: Settings
    return_port: ReturnPort
    signer_for: Callable[[str], Signer | None]
    templates: Mapping[str, Templates]  # by sender domain

    @classmethod
    def of(
        cls, settings: Settings, return_port: ReturnPort, signer_for: Callable[[str], Signer | None]
    ) -> Office:
        own = {rule.domain: load(rule.text, rule.html) for rule in settings.receipt if rule.text or rule.html}
        return cls(settings, return_port, signer_for, own)

    def signer(self, domain: str) -> Signer | None:
        """Who signs what goes to senders at *domain*; nobody when it is not wanted or there is no key."""
        if not self.settings.receipts.sign:
            return None
        return self.signer_for(domain_of(self.settings.owner(domain).receipt_sender))


class Desk:
    """One for the process."""

    def __init__(
        self,
        engine: Engine,
        office: Callable[[], Office],
        events: Events,
        news: asyncio.Event,
        log_may_tell: Callable[[], bool] = lambda: False,
    ) -> None:
        self._engine = engine
        self._office = office
        self._events = events
        self._news = news
        self._log_may_tell = log_may_tell
        self._places = asyncio.Semaphore(AT_ONCE)

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
        with transaction(self._engine) as connection:
            due = records.next_due(connection)
        if due is None or due > now:
            return [], _LOOK_SECONDS if due is None else min(due - now, _LOOK_SECONDS)
        with transaction(self._engine) as connection:
            return records.take_due(connection, now, _BATCH), 0.0

    async def _one(self, message_id: str) -> None:
        async with self._places:
            try:
                await asyncio.to_thread(self.tell, message_id)
            except Exception as error:
                if isinstance(error, SeglError):
                    self._events.receipt_not_sent(message_id, error)
                else:
                    self._events.failed("receipt", error)
                later = _REFUSED_SECONDS if isinstance(error, Refused) else _AGAIN_SECONDS
                with suppress(SeglError):
                    await asyncio.to_thread(self._put_off, message_id, later)

    def tell(self, message_id: str) -> None:
        """Look at a message that is due, and send what there is to tell. Blocking."""
        office, now = self._office(), time.time()
        with transaction(self._engine) as connection:
            message = records.read(connection, message_id)
            if message is None:
                return
            tls = tls_of(connection, message, office.settings)
        terms = office.settings.receipt_terms(message.domain, message.sender)
        kind = kind_of(message, terms.send)
        if kind is not None and self._may_wait(message, tls, office, now):
            self._put_off(message_id, _EVIDENCE_LOOK)
            return
        if kind is not None:
            self._send(office, terms, message, kind, tls)
        with transaction(self._engine) as connection:
            records.mark_told(connection, message, terms, time.time(), receipt=kind is not None)

    def _may_wait(self, message: SentMessage, tls: Mapping[str, Tls], office: Office, now: float) -> bool:
        """Whether the log may still tell how TLS protected something."""
        if not self._log_may_tell() or now >= message.changed_at + office.settings.receipts.evidence_seconds:
            return False
        return any(
            line.way is Way.TLS and line.state is State.SENT and line.recipient not in tls
            for line in message.lines
        )

    def _send(
        self, office: Office, terms: ReceiptTerms, message: SentMessage, kind: Kind, tls: Mapping[str, Tls]
    ) -> None:
        receipt = write(
            office,
            terms,
            message,
            kind,
            tls,
            self._revocation(office, message),
            self._feedback(office, message),
        )
        recipients = list(dict.fromkeys(filter(None, (message.sender, terms.journal))))
        content = receipt.message(datetime.now().astimezone(), office.signer(message.domain))
        try:
            handover = office.return_port.send("", recipients, content, smtputf8=False)
        except Refused as refused:  # all of it, for its sender or its size
            if _may_come_later(refused.reply, message):
                raise
            self._events.receipt_not_sent(message.id, refused)
            return
        for recipient, refusal in handover.refused.items():
            private = f"return port refused {recipient}: {refusal}"
            self._events.receipt_not_sent(message.id, SeglError("not sent", private))
        if (said := handover.refused.get(message.sender)) is not None:
            if _may_come_later(said, message):
                raise Refused(said, "RCPT")
            return
        RECEIPTS.labels(kind.value).inc()
        RECEIPT_SECONDS.observe(max(0.0, time.time() - message.changed_at))
        self._events.receipt_sent(
            message.id,
            message.sender,
            kind.value,
            number=message.told.receipts + 1,
            queued_as=handover.queued_as,
        )

    def _revocation(self, office: Office, message: SentMessage) -> Callable[[Line], str]:
        """Gives the link by which the sender, one of ours, takes a sealed message back."""
        if not office.settings.takes(message.sender):
            return lambda _: ""
        house = house_secret(self._engine)
        return lambda line: revocation_link(house, office.settings.portal.base, line.sealed_id)

    def _feedback(self, office: Office, message: SentMessage) -> str:
        """The link by which the sender says that it was not sensitive; empty when he is not asked."""
        if not links.is_asked(office.settings, message.sender, message.id, message.reasons):
            return ""
        return links.feedback_link(house_secret(self._engine), office.settings.portal.base, message.id)

    def _put_off(self, message_id: str, seconds: float) -> None:
        with transaction(self._engine) as connection:
            records.put_off(connection, message_id, time.time() + seconds)


def _may_come_later(said: SmtpReply, message: SentMessage) -> bool:
    return said.temporary and time.time() < message.changed_at + _PATIENCE


def write(
    office: Office,
    terms: ReceiptTerms,
    message: SentMessage,
    kind: Kind,
    tls: Mapping[str, Tls],
    revoke: Callable[[Line], str],
    not_sensitive: str = "",
) -> Receipt:
    """The receipt of *message*. A house's own template that fails gives way to the shipped one: it was tried with the
    settings, but a receipt must not hang on it."""
    settings, number = office.settings, message.told.receipts + 1
    if not settings.takes(
        message.sender
    ):  # it leaves the house, perhaps in clear: not what the mail was about
        message = replace(message, reasons=())
    owner = settings.owner(message.domain)
    house = House(owner.name, owner.feedback)
    view = view_of(
        message,
        kind,
        terms.language,
        house,
        send=terms.send,
        tls=tls,
        revoke=revoke,
        not_sensitive=not_sensitive,
    )
    try:
        text, html = office.templates.get(message.domain, shipped()).render(view)
    except UNFIT:
        text, html = shipped().render(view)
    return Receipt(
        organisation=owner.name,
        address=owner.receipt_sender,
        recipient=message.sender,
        language=terms.language,
        subject=view.subject,
        name=f"receipt.{message.id[:32]}.{number}",
        about=message.message_id,
        text=text,
        html=html,
        form=machine_form(message, kind, tls, number=number, now=time.time()),
    )


def tls_of(connection: Connection, message: SentMessage, settings: Settings) -> dict[str, Tls]:
    """How deliveries by TLS were protected, by recipient, as far as the log has told."""
    sent = [line for line in message.lines if line.way is Way.TLS and line.state is State.SENT]
    found = protection.of_queue(connection, (line.queue_id for line in sent))
    proofs = proofs_of(connection, settings, sent)
    return {
        line.recipient: Tls(one.version, one.cipher, one.level, one.host, proofs.get(line.recipient))
        for line in sent
        if (one := found.get((line.queue_id, line.recipient.lower()))) is not None
    }
