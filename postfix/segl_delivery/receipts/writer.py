"""Writes receipts: from a message's records to a mail that is ready to go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from sqlalchemy.engine import Connection

from segl.addresses import domain_of, mailbox_key
from segl.mail.compose import one_line
from segl.mail.return_port import MailPort
from segl.masking import mask_digits
from segl.receipts import protection
from segl.receipts.due import fingerprint
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl.settings.document import Settings
from segl.settings.receipts import ReceiptTerms
from segl.vocabulary import Way
from segl_delivery.cms.signed import Signer
from segl_delivery.keyring import KeysUnreadable
from segl_delivery.receipts.machine import machine_form
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.own_templates import UnfitTemplate
from segl_delivery.receipts.proofs import proofs_of
from segl_delivery.receipts.since import Fates
from segl_delivery.receipts.templates_of import Templates, load, shipped
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.view import House, ReceiptView, Tls, view_of
from segl_delivery.smime.identifiers import holds_number


@dataclass(frozen=True, slots=True)
class ReceiptWriter:
    """Writes by one set of settings; a reload puts another in its place. What it wrote goes out by ``port``."""

    settings: Settings
    port: MailPort
    signer_for: Callable[[str], Signer | None]
    templates: Mapping[str, Templates]  # by sender domain
    unfit: Callable[[str, str], None]  # is told the domain and what was wrong with its template

    @classmethod
    def of(
        cls,
        settings: Settings,
        port: MailPort,
        signer_for: Callable[[str], Signer | None],
        unfit: Callable[[str, str], None] = lambda _domain, _why: None,
    ) -> ReceiptWriter:
        own = {rule.domain: load(rule.text, rule.html) for rule in settings.receipt if rule.text or rule.html}
        return cls(settings, port, signer_for, own, unfit)

    def in_form(self, domain: str, view: ReceiptView) -> tuple[str, str]:
        """Text and HTML for a sender at *domain*. A house's own template that fails gives way to the shipped one: it
        was tried with the settings, but a receipt must not hang on it."""
        try:
            return self.templates.get(domain, shipped()).render(view)
        except Exception as error:
            why = one_line(str(error)) if isinstance(error, UnfitTemplate) else type(error).__name__
            self.unfit(domain, mask_digits(why))
            return shipped().render(view)

    def signer(self, domain: str) -> Signer | None:
        """Who signs what goes to senders at *domain*; nobody when it is not wanted, or there is no key that can be used
        now: what a receipt says must not wait for it."""
        if not self.settings.receipts.sign:
            return None
        with suppress(KeysUnreadable):  # the log names the key
            return self.signer_for(domain_of(self.settings.owner(domain).receipt_sender))
        return None

    def write(
        self,
        terms: ReceiptTerms,
        message: SentMessage,
        kind: ReceiptKind,
        tls: Mapping[str, Tls],
        revoke: Callable[[Line], str],
        not_sensitive: str = "",
        *,
        number: int,
        reader: str = "",
        queue_known: bool = True,
        fates: Fates | None = None,
    ) -> Receipt:
        """The *number*-th receipt of *message*, for *reader*, the sender or who has a copy."""
        message = readable_by(reader or message.sender, message, self.settings)
        view = view_of(
            message,
            kind,
            terms.language,
            self.house(message.domain),
            send=terms.send,
            tls=tls,
            revoke=revoke,
            not_sensitive=not_sensitive,
            queue_known=queue_known,
            fates=fates or {},
        )
        form = machine_form(message, kind, tls, number=number, now=time.time(), fates=fates)
        return self.made(view, message, name_of(message, kind, number), form, about=message.message_id)

    def made(
        self, view: ReceiptView, message: SentMessage, name: str, form: dict[str, object], about: str = ""
    ) -> Receipt:
        """The mail that says *view* to the sender of *message*, and *form* to programs."""
        text, html = self.in_form(message.domain, view)
        owner = self.settings.owner(message.domain)
        return Receipt(
            organisation=owner.name,
            address=owner.receipt_sender,
            recipient=message.sender,
            language=view.language,
            subject=view.subject,
            name=name,
            about=about,
            text=text,
            html=html,
            form=form,
        )

    def house(self, domain: str) -> House:
        """Whose receipts senders at *domain* get."""
        owner = self.settings.owner(domain)
        return House(owner.name, owner.feedback)


def readable_by(reader: str, message: SentMessage, settings: Settings) -> SentMessage:
    """*message* as it may be told to *reader*: what leaves the house, perhaps in clear, does not say what the mail was
    about. Servers quote what they refuse, and some systems make the Message-ID of a CPR number."""
    if settings.is_of_house(reader, message.domain):
        return message
    lines = tuple(replace(line, detail="") for line in message.lines)
    name = "" if holds_number(message.message_id.encode("utf-8", "replace")) else message.message_id
    return replace(message, reasons=(), lines=lines, message_id=name)


def name_of(message: SentMessage, kind: ReceiptKind, number: int) -> str:
    """The left part of a receipt's Message-ID: the same for one that is sent twice, and another as soon as it says
    something else, for servers drop what bears a name they have seen."""
    said = sha256(f"{kind} {fingerprint(message.lines)}".encode()).hexdigest()
    return f"receipt.{message.id[:32]}.{number}.{said[:16]}"


def tls_of(connection: Connection, message: SentMessage, settings: Settings) -> dict[str, Tls]:
    """How deliveries by TLS were protected, by recipient, as far as the log and segl-map have told."""
    sent = [line for line in message.lines if line.way is Way.TLS and line.state is State.SENT]
    of_queue = protection.of_queue(connection, (line.queue_id for line in sent))
    keys = {line.recipient: (line.queue_id, mailbox_key(line.recipient)) for line in sent}
    found = {recipient: of_queue[key] for recipient, key in keys.items() if key in of_queue}
    proofs = proofs_of(connection, settings, found.values())
    told = {}
    for recipient, one in found.items():
        key = one.queue_id, one.recipient
        told[recipient] = Tls(
            one.version, one.cipher, one.level, one.host, proofs.get(key), is_awaited=key not in proofs
        )
    return told
