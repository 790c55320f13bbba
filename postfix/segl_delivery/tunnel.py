"""The agent behind the transport ``segl-tunnel``: encrypts to a domain's certificate and hands the result on.

All recipients of one domain share one encrypted message and one hand-over; the domains of a message are
served side by side, and what goes wrong with one is answered to its recipients alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segl.errors import DeliveryError, SmtpReply
from segl.events import Events
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, by_domain, reply_to
from segl_delivery.certificates import CertificateDirectory, TunnelCertificate
from segl_delivery.cms.sealing import CmsSeal, encrypt
from segl_delivery.reinject import Handover, ReturnPort
from segl_delivery.smime import enveloped, split_for_envelope


@dataclass(frozen=True, slots=True)
class TunnelAgent:
    """See :class:`segl_delivery.agent.Agent`. ``subject`` is the neutral one that stands outside."""

    certificates: CertificateDirectory
    return_port: ReturnPort
    events: Events
    subject: str

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
            seal, handover = await asyncio.to_thread(
                self._encrypt_and_send, delivery, recipients, certificate
            )
        except DeliveryError as error:
            self.events.not_delivered(self.way.value, recipients, error)
            return dict.fromkeys(recipients, error.reply)
        except Exception as error:
            self.events.failed("tunnel", error)
            return dict.fromkeys(recipients, reply_to(error))
        return self._replies(domain, recipients, seal, handover)

    def _encrypt_and_send(
        self, delivery: Delivery, recipients: Sequence[str], certificate: TunnelCertificate
    ) -> tuple[CmsSeal, Handover]:
        delivery.check_time()
        outside, inside = split_for_envelope(delivery.content, self.subject)
        seal = encrypt(inside, [certificate])
        del inside
        message = enveloped(outside, seal.der)
        seal = replace(seal, der=b"")  # the evidence stays, the bytes go
        smtputf8 = delivery.smtputf8 and not outside.isascii()
        sender = delivery.envelope.sender
        return seal, self.return_port.send(sender, recipients, message, smtputf8=smtputf8)

    def _replies(
        self, domain: str, recipients: Sequence[str], seal: CmsSeal, handover: Handover
    ) -> dict[str, SmtpReply]:
        fingerprint = seal.fingerprints[0]
        evidence = f"encrypted to sha256={fingerprint[:16]} {seal.algorithm}"
        taken = SmtpReply(250, "2.0.0", f"tunnel: {evidence}, queued as {handover.queued_as}")
        if served := [recipient for recipient in recipients if recipient not in handover.refused]:
            self.events.tunnelled(
                domain,
                served,
                certificate=fingerprint,
                algorithm=seal.algorithm,
                queued_as=handover.queued_as,
            )
        for recipient, reply in handover.refused.items():
            error = DeliveryError(reply.text, f"return port refused the recipient: {reply}")
            self.events.not_delivered(self.way.value, [recipient], error)
        return {recipient: handover.refused.get(recipient, taken) for recipient in recipients}
