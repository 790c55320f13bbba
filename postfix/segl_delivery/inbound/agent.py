"""The agent behind the front's transport ``segl-open``: what came in encrypted or signed, opened and judged.

Own recipients get what was found inside, with the true header; others, who can be named in the same message, get it
as it came. What cannot be opened goes on as it came, too, marked.

**No oracle.** Whoever sent the message, and whoever holds a copy of another's and sends it again, learns nothing of
what became of it: the reply is one and the same, the steps after it make no report to him (a report of Postfix quotes
the header, and that may be the one from inside), and what the next server refuses in its opened form is handed on as it
came.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from segl.addresses import domain_of
from segl.ber import Piece
from segl.certificates.names import addresses_of
from segl.errors import CannotOpen, DeliveryError, SmtpReply
from segl.events import Events
from segl.headers import PREFIX
from segl.mail.fields import Field, header_size, join_header, read_header
from segl.mail.handover import Refused
from segl.mail.outgoing import Outgoing
from segl.mail.return_port import ReturnPort
from segl.metric_labels import InboundEncryption
from segl.metrics import INBOUND
from segl.settings.document import Settings
from segl.settings.inbound import Inbound, KeysOpen
from segl.smime_types import holds_cms, is_clear_signed
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, reply_to
from segl_delivery.cms.keys import DecryptionKeys
from segl_delivery.cms.opening import Decrypted
from segl_delivery.cms.signed import Signed
from segl_delivery.inbound.author import author_of
from segl_delivery.inbound.judging import UNSIGNED, Judge, Judgement, SignatureResult
from segl_delivery.inbound.restoring import restored
from segl_delivery.inbound.telling import OpeningReport, told
from segl_delivery.keyring import KeyRing, KeysUnreadable, OwnKey
from segl_delivery.smime.unwrapping import (
    LONGEST_HEADER,
    Unwrapped,
    header_of,
    keys_named_by,
    may_be_encrypted,
    names_one_of,
    unwrap,
)

_UNREAD = Judgement(SignatureResult.NEUTRAL, "the signature cannot be read")
_AROUND = Judgement(
    SignatureResult.POLICY, "the signature is around the encryption: not of who wrote what is inside"
)
_MOST_SIGNERS = 16
_MARKS = re.compile(rb"(?<=\n)" + PREFIX.encode() + rb"[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE)
_TAKEN = SmtpReply(250, "2.0.0", "internal: handed on")


@dataclass(frozen=True, slots=True)
class OpeningResult:
    """A message for own recipients, to be sent once, and what is told of it. *closed*: it could not be opened, and goes
    as it came."""

    message: Outgoing
    report: OpeningReport
    closed: bool = False

    @property
    def hides_sender(self) -> bool:
        """Whether failures behind us are none of the sender's business. What could not be opened is treated like what
        could, whatever it calls itself: ciphertext of another is easily called signed, or signed once more."""
        return self.closed or self.report.opened is not None


@dataclass(frozen=True, slots=True)
class OpeningAgent:
    """See :class:`segl_delivery.agent.Agent`. With ``inbound.on`` off nothing is opened. *inside* takes mail for own
    recipients, *return_port* for others; *keep* hears of each signature that passed and its author."""

    settings: Settings
    ring: KeyRing
    judge: Judge
    inside: ReturnPort
    return_port: ReturnPort
    events: Events
    keep: Callable[[Judgement, str], None] = lambda _judgement, _author: None

    @property
    def way(self) -> Way:
        return Way.INTERNAL

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        # Off, what waited since it was on goes on as it came: that may be why it was turned off. So does what would go
        # on outside in clear once it is opened.
        on = self.settings.inbound.on
        own = [recipient for recipient in delivery.recipients if on and self.settings.stays(recipient)]
        others = [recipient for recipient in delivery.recipients if recipient not in own]
        answers = await asyncio.gather(
            asyncio.to_thread(self._guarded, self._open, delivery, own),
            asyncio.to_thread(self._guarded, self._pass_on, delivery, others),
        )
        return {recipient: reply for answer in answers for recipient, reply in answer.items()}

    def _guarded(
        self,
        step: Callable[[Delivery, Sequence[str]], dict[str, SmtpReply]],
        delivery: Delivery,
        recipients: Sequence[str],
    ) -> dict[str, SmtpReply]:
        """What goes wrong for some recipients is not the others' loss."""
        if not recipients:
            return {}
        try:
            return step(delivery, recipients)
        except DeliveryError as error:
            self.events.not_delivered("inbound", recipients, error)
            return dict.fromkeys(recipients, error.reply)
        except Exception as error:
            self.events.failed("inbound", error)
            return dict.fromkeys(recipients, reply_to(error))

    def _pass_on(self, delivery: Delivery, recipients: Sequence[str]) -> dict[str, SmtpReply]:
        delivery.check_time()
        fields, at = read_header(delivery.content)
        kept = [field for field in fields if not field.name.startswith(PREFIX)]
        message = (
            Outgoing.of_parts(delivery.content)
            if len(kept) == len(fields)
            else Outgoing.of_parts(join_header(kept, b""), memoryview(delivery.content)[at:])
        )
        handover = self.return_port.send(
            delivery.envelope.sender, recipients, message, smtputf8=delivery.smtputf8
        )
        return {recipient: handover.refused.get(recipient, _TAKEN) for recipient in recipients}

    def _open(self, delivery: Delivery, recipients: Sequence[str]) -> dict[str, SmtpReply]:
        """By groups whose domains have the same keys and belong to one organisation; mostly there is one. Raises
        :class:`~segl_delivery.keyring.KeysUnreadable`: then the mail waits."""
        groups: dict[tuple[DecryptionKeys, str], list[str]] = {}
        for recipient in recipients:
            owner = self.settings.owner(domain_of(recipient))
            domain = domain_of(recipient) if self.settings.inbound.keys_open is not KeysOpen.ALL else ""
            ring = self.ring.decryption_keys(
                domain, partial(OwnKey.is_of, owner=owner, owners=self.settings.owners)
            )
            groups.setdefault((ring, owner.name), []).append(recipient)
        replies: dict[str, SmtpReply] = {}
        for (ring, _), group in groups.items():
            replies |= self._guarded(partial(self._open_with, ring), delivery, group)
        return replies

    def _open_with(
        self, ring: DecryptionKeys, delivery: Delivery, recipients: Sequence[str]
    ) -> dict[str, SmtpReply]:
        delivery.check_time()
        result = self._opened(delivery, ring, recipients)
        refused = self._send(delivery, recipients, result)
        again = [r for r, reply in refused.items() if reply.code >= 500] if result.report.opened else []
        served = [recipient for recipient in recipients if recipient not in refused]
        if served or not again:
            self._record(delivery, served, result)
        replies = {recipient: refused.get(recipient, _TAKEN) for recipient in recipients}
        # Refused in its opened form; as it came it may pass. What goes wrong then is told of these alone: the others
        # have the message, and would get it once more at each retry.
        return replies | self._guarded(self._send_closed, delivery, again)

    def _send_closed(self, delivery: Delivery, recipients: Sequence[str]) -> dict[str, SmtpReply]:
        """A reply for each of *recipients*, to whom it goes as it came."""
        result = self._closed(delivery)
        refused = self._send(delivery, recipients, result)
        self._record(delivery, [recipient for recipient in recipients if recipient not in refused], result)
        return {recipient: refused.get(recipient, _TAKEN) for recipient in recipients}

    def _send(
        self, delivery: Delivery, recipients: Sequence[str], result: OpeningResult
    ) -> dict[str, SmtpReply]:
        """Who was refused, with the reply. What was asked of the store on the way may have hung for an hour."""
        delivery.check_time()
        sender = delivery.envelope.sender
        if sender and result.hides_sender:
            sender = self.settings.owner(domain_of(recipients[0])).failures_to
        try:
            handover = self.inside.send(sender, recipients, result.message, smtputf8=delivery.smtputf8)
        except Refused as error:
            return dict.fromkeys(recipients, error.reply)
        return handover.refused

    def _opened(self, delivery: Delivery, ring: DecryptionKeys, recipients: Sequence[str]) -> OpeningResult:
        if header_size(delivery.content) > LONGEST_HEADER:
            self.events.not_opened(recipients, CannotOpen("its header is longer than we read"))
            return self._unread(delivery)
        try:
            found = unwrap(delivery.content, ring, self.settings.delivery.message_bytes)
            return self._told(delivery, found)
        except CannotOpen as error:
            if names_one_of(delivery.content, self.ring.locked()):
                raise KeysUnreadable(
                    "our key for it cannot be used now", "a message is encrypted to a key that cannot be used"
                ) from None
            self.events.not_opened(recipients, self._explained(error, delivery, ring))
        except Exception as error:
            # Whatever a hostile message has brought about: it goes on as it came.
            self.events.failed("opening", error)
        return self._closed(delivery)

    def _explained(self, error: CannotOpen, delivery: Delivery, ring: DecryptionKeys) -> CannotOpen:
        """*error*, with the keys of ours that would open it and are for other domains."""
        every = self.ring.decryption_keys()
        others = () if every is ring else keys_named_by(delivery.content, every)
        names = [own.name for own in others if isinstance(own, OwnKey)]
        if not names:
            return error
        return CannotOpen(f"{error.private}; it is for {', '.join(names)}, which is not for this domain")

    def _told(self, delivery: Delivery, found: Unwrapped) -> OpeningResult:
        outer, at = read_header(delivery.content)
        signed = _author_s(found.layers)
        if not found.was_encrypted:
            author = author_of(outer)
            judgement = self._judged(found, signed, author)
            fields: list[Field] = outer
            body: Piece = memoryview(delivery.content)[at:]
            passed = judgement.result is SignatureResult.PASS
            if self.settings.inbound.unwrap_signed and passed and holds_cms(header_of(outer)):
                fields, body = restored(delivery.content, found, "")
            return self._result(delivery, fields, body, OpeningReport.of(found, judgement), author)
        # The author inside counts when she signed it; else the one outside.
        inner, body = restored(delivery.content, found, "")
        judgement, author = self._judged(found, signed, author_of(inner)), author_of(inner)
        if judgement.result is not SignatureResult.PASS and signed is not None:
            signer = self._signer_inside(delivery, found, signed)
            if signer is not None:
                inner, body, judgement, author = signer
        return self._result(delivery, inner, body, OpeningReport.of(found, judgement), author)

    def _signer_inside(
        self, delivery: Delivery, found: Unwrapped, signed: Signed
    ) -> tuple[list[Field], Piece, Judgement, str] | None:
        """The header with another From than outside, when its signature is good for that one."""
        for address in _addresses(signed):
            inner, body = restored(delivery.content, found, address)
            if author_of(inner) == address:
                judgement = self._judged(found, signed, address)
                if judgement.result is SignatureResult.PASS:
                    return inner, body, judgement, address
        return None

    def _judged(self, found: Unwrapped, signed: Signed | None, author: str) -> Judgement:
        if signed is None and is_clear_signed(header_of(read_header(found.entity)[0])):
            return _UNREAD  # it says that it is signed, and nothing was judged
        if signed is None and any(isinstance(layer, Signed) for layer in found.layers):
            return _AROUND
        return self.judge.judge(signed, author, datetime.now(UTC))

    def _result(
        self,
        delivery: Delivery,
        fields: Sequence[Field],
        body: Piece,
        report: OpeningReport,
        author: str,
    ) -> OpeningResult:
        if report.judgement.result is SignatureResult.PASS:
            self.keep(report.judgement, author)
        header = join_header(self._marked(delivery, fields, report), b"")
        return OpeningResult(Outgoing.of_parts(header, body), report)

    def _closed(self, delivery: Delivery) -> OpeningResult:
        fields, at = read_header(delivery.content)
        encrypted = may_be_encrypted(fields)
        judgement = UNSIGNED if encrypted else _UNREAD
        report = OpeningReport(False if encrypted else None, judgement)
        header = join_header(self._marked(delivery, fields, report), b"")
        return OpeningResult(
            Outgoing.of_parts(header, memoryview(delivery.content)[at:]), report, closed=True
        )

    def _unread(self, delivery: Delivery) -> OpeningResult:
        """As it came, our own fields on top and the milter's marks off."""
        report = OpeningReport(False, UNSIGNED)
        name = self.settings.inbound.authserv_id or delivery.client
        ours = b"".join(field.raw for field in told([], report, name, Inbound()))
        end = header_size(delivery.content)
        header = _MARKS.sub(b"", b"\n" + delivery.content[:end] + b"\n")[1:-1]
        return OpeningResult(Outgoing.of_parts(ours, header, memoryview(delivery.content)[end:]), report)

    def _marked(self, delivery: Delivery, fields: Sequence[Field], report: OpeningReport) -> list[Field]:
        name = self.settings.inbound.authserv_id or delivery.client
        return told(fields, report, name, self.settings.inbound)

    def _record(self, delivery: Delivery, served: Sequence[str], result: OpeningResult) -> None:
        report = result.report
        opened = InboundEncryption.of(report.opened)
        INBOUND.labels(opened, report.judgement.result.value).inc()
        if served:
            self.events.inbound(
                served,
                opened=opened,
                cipher=report.cipher,
                authenticated=report.authenticated,
                signature=report.judgement.result.value,
                reason=report.judgement.reason,
                signer=report.judgement.identifier,
            )


def _author_s(layers: Sequence[Decrypted | Signed | None]) -> Signed | None:
    """The innermost signature, if no encryption lies inside it: anybody can sign the ciphertext of another."""
    for layer in reversed(layers):
        if layer is not None:
            return layer if isinstance(layer, Signed) else None
    return None


def _addresses(signed: Signed) -> list[str]:
    """Whom the signatures' certificates name, a few of them."""
    named = [addresses_of(entry.certificate) for entry in signed.signatures if entry.certificate is not None]
    return sorted(frozenset().union(*named))[:_MOST_SIGNERS]
