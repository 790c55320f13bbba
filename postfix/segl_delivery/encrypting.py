"""What the ways ``tunnel`` and ``certificate`` have in common: a message encrypted and handed to the return port,
and a reply for each recipient."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from segl.errors import DeliveryError, NoCertificate, SmtpReply
from segl.events import Events
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, reply_to
from segl_delivery.certificates import TunnelCertificate
from segl_delivery.cms.choice import COMMON, Choice
from segl_delivery.cms.enveloped import Envelope
from segl_delivery.cms.recipients import CannotEncrypt
from segl_delivery.own_keys.signing import Signing
from segl_delivery.reinject import Handover, ReturnPort
from segl_delivery.smime import enveloped, signed_entity, split_for_envelope


class Tell(Protocol):
    """Logs that *recipients* were served."""

    def __call__(
        self, recipients: Sequence[str], *, certificates: Sequence[str], algorithm: str, queued_as: str
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Encryption:
    """``subject`` is the neutral one that stands outside, ``choice`` what is encrypted with. ``signing`` finds who
    signs what is inside; without it nothing is signed."""

    way: Way
    return_port: ReturnPort
    events: Events
    subject: str
    choice: Choice = COMMON
    signing: Signing | None = None

    async def deliver(
        self,
        delivery: Delivery,
        recipients: Sequence[str],
        find: Callable[[], Awaitable[Sequence[TunnelCertificate]]],
        tell: Tell,
    ) -> dict[str, SmtpReply]:
        """One encrypted message to *recipients*, readable with the key of any certificate that *find* gives.

        Does not raise: what goes wrong here must not be the other recipients' loss.
        """
        try:
            certificates = await find()
            handover = await asyncio.to_thread(self._encrypt_and_send, delivery, recipients, certificates)
        except DeliveryError as error:
            self.events.not_delivered(self.way.value, recipients, error)
            return dict.fromkeys(recipients, error.reply)
        except Exception as error:
            self.events.failed(self.way.value, error)
            return dict.fromkeys(recipients, reply_to(error))
        return self._replies(recipients, [entry.fingerprint for entry in certificates], handover, tell)

    def _encrypt_and_send(
        self, delivery: Delivery, recipients: Sequence[str], certificates: Sequence[TunnelCertificate]
    ) -> Handover:
        """The message is encrypted while it is being sent: beside the original, little of it is in memory."""
        delivery.check_time()
        outside, entity = split_for_envelope(delivery.content, self.subject)
        if self.signing and (signer := self.signing.signer_of(delivery.content, delivery.envelope.sender)):
            entity = signed_entity(entity, signer)
        try:
            envelope = Envelope(entity.size, [entry.certificate for entry in certificates], self.choice)
        except CannotEncrypt as error:
            private = f"certificate {certificates[0].fingerprint[:16]}: {error}"
            raise NoCertificate("the certificate cannot be encrypted to", private) from None
        message = enveloped(outside, entity, envelope)
        smtputf8 = delivery.smtputf8 and not outside.isascii()
        return self.return_port.send(delivery.envelope.sender, recipients, message, smtputf8=smtputf8)

    def _replies(
        self, recipients: Sequence[str], fingerprints: Sequence[str], handover: Handover, tell: Tell
    ) -> dict[str, SmtpReply]:
        algorithm = self.choice.cipher.label
        more = f" and {len(fingerprints) - 1} more" if len(fingerprints) > 1 else ""
        evidence = f"encrypted to sha256={fingerprints[0][:16]}{more} {algorithm}"
        taken = SmtpReply(250, "2.0.0", f"{self.way}: {evidence}, queued as {handover.queued_as}")
        if served := [recipient for recipient in recipients if recipient not in handover.refused]:
            tell(served, certificates=fingerprints, algorithm=algorithm, queued_as=handover.queued_as)
        for recipient, reply in handover.refused.items():
            error = DeliveryError(reply.text, f"return port refused the recipient: {reply}")
            self.events.not_delivered(self.way.value, [recipient], error)
        return {recipient: handover.refused.get(recipient, taken) for recipient in recipients}
