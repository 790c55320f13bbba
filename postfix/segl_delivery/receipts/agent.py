"""The agent behind the transport ``segl-receipt``: takes delivery reports of our own Postfix instances.

The socket is reached by reports alone, and by those that a bounce(8) of ours wrote: the secure instance sends all of
its own here, the front those in which a line looks like one of our envelope ids. Still nothing is believed that does
not bear the name of a message of ours, made with our key, and go to the sender of that message; and a name is believed
of those alone who cannot have it from a stranger (:meth:`ReceiptAgent._believed`). Whatever else comes is ordinary
mail: it goes to whom it would have reached without us. But where it bears a name that is written as ours are, it leaves
the house by a secure way alone, for it quotes the header of a message that may have had to go securely. The front has
read the recipients of its own already, so these go by its return port where they are own ones, and to the secure
instance where an alias has led outside. The secure instance knows no aliases: its reports go in where Segl's own mail
does (:mod:`segl.mail.own_mail`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from segl.addresses import domain_of
from segl.bounce_addresses import reads_bounces
from segl.errors import SmtpReply
from segl.events import Events
from segl.mail.handover import Handover
from segl.mail.return_port import MailPort
from segl.metric_labels import ReportResult
from segl.metrics import REPORTS
from segl.receipts.facts import Facts
from segl.receipts.key import ReceiptKey, is_written_as_ours
from segl.settings.document import Settings
from segl.settings.receipts import Receipts
from segl_delivery.agent import Delivery, reply_to
from segl_delivery.canary import CanaryReports
from segl_delivery.incoming import Incoming
from segl_delivery.receipts.news import SECURE_NAME, first_news, heard_of, is_of_host, is_of_secure
from segl_delivery.receipts.report import Report, parse_report, without_our_fields
from segl_delivery.receipts.report_writer import ReportWriter

_TAKEN = SmtpReply(250, "2.0.0", "report taken")
_HANDED_ON = SmtpReply(250, "2.0.0", "handed on")


@dataclass(frozen=True, slots=True)
class ReceiptAgent:
    """See :class:`segl_delivery.agent.Agent`. *inside* takes reports of the secure instance; of those of the front
    *return_port* takes what is for own people or not about our messages, and *entrance*, the secure instance's ordinary
    door, the rest."""

    settings: Settings
    key: ReceiptKey | None
    report_writer: ReportWriter
    inside: MailPort
    return_port: MailPort
    entrance: MailPort
    events: Events
    canaries: CanaryReports

    @property
    def way(self) -> Incoming:
        return Incoming.REPORT

    async def deliver(self, delivery: Delivery) -> dict[str, SmtpReply]:
        recipients = delivery.recipients
        report = parse_report(delivery.content)
        sender = _sender_of(delivery, report)
        believed = self._believed(report) if report is not None and sender else None
        if report is not None and await asyncio.to_thread(self._is_of_canary, believed or report, sender):
            REPORTS.labels(ReportResult.CANARY).inc()
            return dict.fromkeys(recipients, _TAKEN)
        if believed is not None and await self._hear(believed, sender):
            REPORTS.labels(ReportResult.TAKEN).inc()
            if self._is_for_the_sender(believed, sender):
                return await self._hand_on(delivery, believed)
            return dict.fromkeys(recipients, _TAKEN)
        if report is not None and _is_unasked_success(report, sender):
            REPORTS.labels(ReportResult.TAKEN).inc()
            return dict.fromkeys(recipients, _TAKEN)
        REPORTS.labels(ReportResult.ORDINARY).inc()
        self.events.report_not_ours(recipients)
        return await self._hand_on(delivery, report)

    def _believed(self, report: Report) -> Report | None:
        """*report* under its message's envelope id; ``None`` when it may be somebody else's work.

        The id itself goes no further than to our own mail store, and the milter gives whatever comes in by SMTP
        another. Still a user of this host may hand mail in under any id (``sendmail -V``), and the front then
        reports of that. So from the front the id is believed of colleagues, and of others only with the sealed
        facts, which leave the house by no way: then it is the message itself that the front could not hand over. An
        id under which something went on is believed of its own domain.

        Nor does a report of the secure instance prove anything by itself: it takes mail from all of this host. The
        facts that came with the message do.
        """
        if self.key is None:
            return None
        given, recipients = report.envelope_id, [result.recipient for result in report.results]
        if self.key.is_genuine(given):
            sealed = bool(report.facts) and self.key.unseal(given, report.facts) is not None
            own = all(self.settings.takes(one) or is_of_host(one, report) for one in recipients)
            return report if sealed or (own and not is_of_secure(report)) else None
        if is_of_secure(report):
            return None
        names = {self.key.named_onward(given, domain_of(one)) for one in recipients}
        name = names.pop() if len(names) == 1 else ""
        return replace(report, envelope_id=name) if name else None

    async def _hear(self, report: Report, sender: str) -> bool:
        assert self.key is not None  # noqa: S101 - the report is believed
        facts = Facts.from_bytes(self.key.unseal(report.envelope_id, report.facts)) if report.facts else None
        heard = heard_of(report, sender, facts, self.settings.stays, self.settings.portal.relay.host)
        return await self.report_writer.hear(heard)

    def _is_of_canary(self, report: Report, sender: str) -> bool:
        """A canary's name is in its addresses (:mod:`segl.canary.token`). One that went out in clear is told of by
        the front, under the id that it was handed in with."""
        if sender.lower() != self.settings.canary_sender.lower():
            return False
        if self.key is None or not self.key.is_genuine(report.envelope_id):
            return False
        return self.canaries.take(
            report, first_news(report, self.settings.takes, self.settings.portal.relay.host)
        )

    def _is_for_the_sender(self, report: Report, sender: str) -> bool:
        """Whether this sender gets Postfix's own notices, in place of receipts."""
        if self.settings.receipt_terms(domain_of(sender), sender).send is not Receipts.NONE:
            return False
        return _tells_of_trouble(report)

    async def _hand_on(self, delivery: Delivery, report: Report | None) -> dict[str, SmtpReply]:
        """To all recipients. Who is a user of this host and no own one is left to the secure instance, whose map knows
        which of the host's names end here. What is about no message of ours is about mail that went in clear."""
        secure = is_of_secure(report) if report is not None else delivery.client.startswith(SECURE_NAME)
        if secure:
            return await self._hand_to(self.inside, delivery, delivery.recipients)
        may_be_ours = self.key is None or report is None or is_written_as_ours(report.envelope_id)
        back = [one for one in delivery.recipients if not may_be_ours or self.settings.takes(one)]
        others = [one for one in delivery.recipients if one not in back]
        answers = await asyncio.gather(
            self._hand_to(self.return_port, delivery, back), self._hand_to(self.entrance, delivery, others)
        )
        return {one: reply for answer in answers for one, reply in answer.items()}

    async def _hand_to(
        self, port: MailPort, delivery: Delivery, recipients: Sequence[str]
    ) -> dict[str, SmtpReply]:
        """What goes wrong at one port is not the loss of those who are served by the other."""
        if not recipients:
            return {}
        content = without_our_fields(delivery.content)

        def send() -> Handover:
            """What was asked of the store before, or the wait for a thread, may have taken an hour."""
            delivery.check_time()
            return port.send("", recipients, content, smtputf8=delivery.smtputf8)

        try:
            handover = await asyncio.to_thread(send)
        except Exception as error:
            self.events.failed(f"{self.way} delivery", error)
            return dict.fromkeys(recipients, reply_to(error))
        return {one: handover.refused.get(one, _HANDED_ON) for one in recipients}


def _tells_of_trouble(report: Report) -> bool:
    return any(result.action in ("failed", "delayed") for result in report.results)


def _is_unasked_success(report: Report, sender: str) -> bool:
    """Whether *report* tells a list's program of success that we asked to hear of. Its program takes whatever comes to
    such an address for a failure; and of XVERP's senders, one for each recipient, the message is known under the first
    alone."""
    ours = is_of_secure(report) or is_written_as_ours(report.envelope_id)
    return ours and reads_bounces(sender) and bool(report.results) and not _tells_of_trouble(report)


def _sender_of(delivery: Delivery, report: Report | None) -> str:
    """To whom *report* went; empty when it is none, or went to several.

    The front reads the recipients of its own reports, too: they come here to whoever the sender's address stands for,
    and bounce(8) has written the address itself into its part. The secure instance knows no aliases."""
    if delivery.envelope.sender or report is None:
        return ""
    if report.sender and not is_of_secure(report):
        return report.sender
    return delivery.recipients[0] if len(delivery.recipients) == 1 else ""
