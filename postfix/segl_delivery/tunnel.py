"""The agent behind the transport ``segl-tunnel``: encrypts to a domain's certificate and hands the result on.

All recipients of one domain share one encrypted message and one hand-over; the domains of a message are
served side by side, and what goes wrong with one is answered to its recipients alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from segl.errors import SmtpReply
from segl.events import Events
from segl.vocabulary import Way
from segl_delivery.agent import Delivery, by_domain
from segl_delivery.certificates import CertificateDirectory, TunnelCertificate
from segl_delivery.cms.choice import COMMON, Choice
from segl_delivery.encrypting import Encryption
from segl_delivery.own_keys.signing import Signing
from segl_delivery.reinject import ReturnPort


@dataclass(frozen=True, slots=True)
class TunnelAgent:
    """See :class:`segl_delivery.agent.Agent`. ``subject`` is the neutral one that stands outside, ``choice`` what is
    encrypted with."""

    certificates: CertificateDirectory
    return_port: ReturnPort
    events: Events
    subject: str
    choice: Choice = COMMON
    signing: Signing | None = None

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
        async def find() -> list[TunnelCertificate]:
            return [self.certificates.find(domain)]

        def tell(
            recipients: Sequence[str], *, certificates: Sequence[str], algorithm: str, queued_as: str
        ) -> None:
            self.events.tunnelled(
                domain, recipients, certificate=certificates[0], algorithm=algorithm, queued_as=queued_as
            )

        encryption = Encryption(
            self.way, self.return_port, self.events, self.subject, self.choice, self.signing
        )
        return await encryption.deliver(delivery, recipients, find, tell)
