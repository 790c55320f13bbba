"""The agent behind the transport ``segl-tunnel``: encrypts to a domain's certificate and hands the result on.

All recipients of one domain share one encrypted message and one hand-over; the domains of a message are
served side by side, and what goes wrong with one is answered to its recipients alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from segl.errors import DeliveryError, NoCertificate, SmtpReply
from segl.events import Events
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, by_domain, reply_to
from segl_delivery.certificates import CertificateDirectory, TunnelCertificate
from segl_delivery.cms.choice import COMMON, Choice
from segl_delivery.cms.enveloped import Envelope
from segl_delivery.cms.recipients import CannotEncrypt
from segl_delivery.reinject import Handover, ReturnPort
from segl_delivery.smime import enveloped, split_for_envelope


@dataclass(frozen=True, slots=True)
class TunnelAgent:
    """See :class:`segl_delivery.agent.Agent`. ``subject`` is the neutral one that stands outside, ``choice`` what is
    encrypted with."""

    certificates: CertificateDirectory
    return_port: ReturnPort
    events: Events
    subject: str
    choice: Choice = COMMON

    @property
    def way(self) -> Way:
        return Way.TUNNEL

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        groups = by_domain(delivery.recipients)
        answers = await asyncio.gather(
            *(self._deliver_domain(delivery, domain, group) for domain, group in groups.items())
        )
        return {recipient: reply for answer in answers for recipient, reply in answer.items()}

    async def _deliver_domain(
        self, delivery: Delivery, domain: str, recipients: Sequence[str]
    ) -> dict[str, SmtpReply]:
        """The replies for one domain's recipients. Does not raise: the other domains' recipients must not
        suffer."""
        try:
            certificate = self.certificates.find(domain)
            handover = await asyncio.to_thread(self._encrypt_and_send, delivery, recipients, certificate)
        except DeliveryError as error:
            self.events.not_delivered(self.way.value, recipients, error)
            return dict.fromkeys(recipients, error.reply)
        except Exception as error:
            self.events.failed("tunnel", error)
            return dict.fromkeys(recipients, reply_to(error))
        return self._replies(domain, recipients, certificate, handover)

    def _encrypt_and_send(
        self, delivery: Delivery, recipients: Sequence[str], certificate: TunnelCertificate
    ) -> Handover:
        """The message is encrypted while it is being sent: beside the original, little of it is in memory."""
        delivery.check_time()
        outside, entity = split_for_envelope(delivery.content, self.subject)
        try:
            envelope = Envelope(entity.size, [certificate.certificate], self.choice)
        except CannotEncrypt as error:
            private = f"certificate {certificate.fingerprint[:16]}: {error}"
            raise NoCertificate("the certificate cannot be encrypted to", private) from None
        message = enveloped(outside, entity, envelope)
        smtputf8 = delivery.smtputf8 and not outside.isascii()
        return self.return_port.send(delivery.envelope.sender, recipients, message, smtputf8=smtputf8)

    def _replies(
        self, domain: str, recipients: Sequence[str], certificate: TunnelCertificate, handover: Handover
    ) -> dict[str, SmtpReply]:
        algorithm = self.choice.cipher.label
        evidence = f"encrypted to sha256={certificate.fingerprint[:16]} {algorithm}"
        taken = SmtpReply(250, "2.0.0", f"tunnel: {evidence}, queued as {handover.queued_as}")
        if served := [recipient for recipient in recipients if recipient not in handover.refused]:
            self.events.tunnelled(
                domain,
                served,
                certificate=certificate.fingerprint,
                algorithm=algorithm,
                queued_as=handover.queued_as,
            )
        for recipient, reply in handover.refused.items():
            error = DeliveryError(reply.text, f"return port refused the recipient: {reply}")
            self.events.not_delivered(self.way.value, [recipient], error)
        return {recipient: handover.refused.get(recipient, taken) for recipient in recipients}
