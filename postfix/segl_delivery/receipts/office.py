"""What receipts are written with, and writing one: from a message's records to a mail that is ready to go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from segl.addresses import domain_of, mailbox_key
from segl.mail.return_port import ReturnPort
from segl.receipts import protection
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl.settings import Settings
from segl.settings_receipts import ReceiptTerms
from segl.vocabulary import Way
from segl_delivery.cms.signed import Signer
from segl_delivery.receipts.machine import machine_form
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.proofs import proofs_of
from segl_delivery.receipts.templates_of import UNFIT, Templates, load, shipped
from segl_delivery.receipts.texts import Kind
from segl_delivery.receipts.view import House, Tls, view_of


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


def write(
    office: Office,
    terms: ReceiptTerms,
    message: SentMessage,
    kind: Kind,
    tls: Mapping[str, Tls],
    revoke: Callable[[Line], str],
    not_sensitive: str = "",
    *,
    number: int,
    queue_known: bool = True,
) -> Receipt:
    """The *number*-th receipt of *message*. A house's own template that fails gives way to the shipped one: it was
    tried with the settings, but a receipt must not hang on it."""
    settings = office.settings
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
        queue_known=queue_known,
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
        if (one := found.get((line.queue_id, mailbox_key(line.recipient)))) is not None
    }
