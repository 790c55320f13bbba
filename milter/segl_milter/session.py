"""One connection from Postfix: the milter callbacks, and the way of each message through them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from segl import metrics
from segl.canary.token import id_of
from segl.events import Events
from segl.metric_labels import PolicyChange
from segl.policy.verdict import Ruled
from segl.receipts.key import ReceiptKey
from segl.settings.document import Settings
from segl.settings.policy import Policy
from segl.subject_tags import encoded
from segl_classifier.rules import RuleSet
from segl_classifier.stages import Stages
from segl_classifier.understanding.interface import Model
from segl_milter import refusals
from segl_milter.connection import Context
from segl_milter.counting import count, count_stages
from segl_milter.decisions import Circumstances
from segl_milter.disposition import disposition_of
from segl_milter.gateway import relays_for_stranger
from segl_milter.in_hand import InHand, Share
from segl_milter.modifications import Modifications, costs_too_much, modifications_for
from segl_milter.policies import apply_policies
from segl_milter.protocol import Edits, ReplyCode
from segl_milter.ruling import Ruling, ruling_on
from segl_milter.traffic import Traffic
from segl_milter.transaction import Address, Mail, Transaction


@dataclass(frozen=True, slots=True)
class WorkerResources:
    """What the sessions of one worker share."""

    settings: Settings
    rules: RuleSet
    events: Events
    traffic: Traffic
    model: Model | None = None
    announce: Callable[[str], None] = lambda _address: None
    remember: Callable[[Ruling, Circumstances], None] = lambda _ruling, _circumstances: None
    receipt_key: ReceiptKey | None = None
    in_hand: InHand = field(default_factory=InHand)


class Session:
    """The callbacks of one connection; several messages may follow one another on it."""

    __slots__ = ("_context", "_decided", "_in_hand", "_resources", "_share", "_transaction")

    def __init__(self, resources: WorkerResources, context: Context) -> None:
        self._resources = resources
        self._context = context
        self._transaction: Transaction | None = None
        self._share: Share | None = None  # what the message in hand holds
        self._in_hand = False  # a message of which the end has not been answered
        self._decided: tuple[Ruling, Circumstances] | None = None  # to be remembered once the answer is out

    def envelope_from(self, address: bytes, *parameters: bytes) -> None:
        self._drop()
        self._resources.traffic.message_begun()
        self._in_hand = True
        self._share = self._resources.in_hand.share()
        self._transaction = Transaction(
            _address(address, parameters), self._resources.settings.limits, self._share
        )

    def envelope_recipient(self, address: bytes, *parameters: bytes) -> None:
        if self._transaction:
            recipient = _address(address, parameters)
            self._transaction.recipient(recipient)
            self._resources.announce(recipient.bare)

    def header(self, name: bytes, value: bytes) -> None:
        if self._transaction:
            self._transaction.header(name.decode("utf-8", "surrogateescape"), value)

    def body(self, chunk: bytes) -> None:
        if self._transaction:
            self._transaction.body(chunk)

    def end_of_message(self) -> ReplyCode:
        """Parse, extract, detect, decide, mark, record. A fault of ours is a temporary failure, but for the last."""
        started = time.perf_counter()
        try:
            mail = self._whole()
            if relays_for_stranger(mail, self._context.client, self._resources.settings):
                return self._refused_stranger(mail)
            if costs_too_much(mail):
                return self._refused_forgery(mail)
            resources, stages, canary = self._resources, Stages(), self._is_canary(mail)
            ruling = ruling_on(mail, resources.rules, resources.settings, resources.model, stages)
            ruled, asking = apply_policies(mail, ruling.verdict, resources.settings)
            seconds = time.perf_counter() - started
            least = asking.least if asking is not None else None
            disposition = disposition_of(
                mail, ruled.verdict, least, resources.settings, resources.receipt_key, canary=canary
            )
            answer = apply(modifications_for(mail, disposition), self._context)
            self._record(mail, ruled, asking, seconds, stages, canary=canary)
            if not canary:
                around = self._circumstances(mail, disposition.segl_id, seconds)
                self._decided = Ruling(ruled.verdict, ruling.found), around
        except Exception as error:  # whatever it is: the message must wait, not pass
            return self._failed(error)
        finally:
            self._transaction = None
        return answer

    def answered(self) -> None:
        """The answer has gone out whole. Until then the message is in hand: a worker that ended sooner would cut off a
        large answer, and the message would have to come again. Only now is the decision remembered: no message waits
        for that, and one that did not get its answer comes again and is decided on anew."""
        if self._decided is not None:
            self._resources.remember(*self._decided)
        self._drop()

    def abort(self) -> None:
        self._drop()

    def _whole(self) -> Mail:
        if self._transaction is None:
            raise RuntimeError("end of message without MAIL")
        return self._transaction.whole()

    def _is_canary(self, mail: Mail) -> bool:
        """Whether it is one of our own canaries. It is read and sent as any other message, and counted nowhere."""
        key = self._resources.receipt_key
        if key is None or len(mail.recipients) != 1 or mail.more_recipients:
            return False
        address = mail.recipients[0].bare
        return self._resources.settings.canary.knows(address) and bool(id_of(key, mail.raw, address))

    def _record(
        self,
        mail: Mail,
        ruled: Ruled,
        asking: Policy | None,
        seconds: float,
        stages: Stages,
        *,
        canary: bool,
    ) -> None:
        """Never raises: the message has its verdict and its modifications, and need not wait for what is told of it."""
        try:
            self._tell(mail, ruled, asking, seconds, canary=canary)
            if not canary:
                self._count(mail, ruled, seconds, stages)
        except Exception as error:
            self._resources.events.failed("record of a message", error)

    def _count(self, mail: Mail, ruled: Ruled, seconds: float, stages: Stages) -> None:
        mode = self._resources.settings.detection.mode.value
        count(ruled.verdict, mode, forged=len(mail.steering), seconds=seconds)
        count_stages(stages)
        if ruled.by:
            metrics.POLICY_VERDICTS.labels(
                PolicyChange.LOWERED if ruled.lowered else PolicyChange.RAISED
            ).inc()

    def _tell(self, mail: Mail, ruled: Ruled, asking: Policy | None, seconds: float, *, canary: bool) -> None:
        verdict = ruled.verdict
        mode = self._resources.settings.detection.mode.value
        envelope = mail.envelope(self._context.queue_id)
        self._resources.events.classified(
            envelope.queue_id,
            verdict,
            sender=_printable(envelope.sender),
            recipients=len(envelope.recipients) + mail.more_recipients,
            size=mail.size,
            ms=seconds * 1000,
            mode=mode,
            forged=len(mail.steering),
            policies=list(dict.fromkeys((*ruled.by, *([asking.name] if asking else [])))),
            canary=canary,
        )
        if ruled.lowered:
            self._resources.events.lowered(
                envelope.queue_id, ruled.by, verdict, sender=_printable(envelope.sender)
            )

    def _circumstances(self, mail: Mail, name: str, seconds: float) -> Circumstances:
        return Circumstances(
            id=name,
            queue_id=self._context.queue_id,
            sender=mail.sender.bare,
            recipients=len(mail.recipients) + mail.more_recipients,
            size=mail.size,
            seconds=seconds,
        )

    def _refused_stranger(self, mail: Mail) -> ReplyCode:
        self._resources.events.stranger_refused(
            self._context.queue_id, self._context.client, sender=_printable(mail.sender.bare)
        )
        self._context.refuse(refusals.STRANGER)
        return ReplyCode.REJECT

    def _refused_forgery(self, mail: Mail) -> ReplyCode:
        metrics.FORGED.inc(mail.forged)
        self._resources.events.forgery_refused(
            self._context.queue_id,
            self._context.client,
            sender=_printable(mail.sender.bare),
            forged=mail.forged,
            size=mail.size,
        )
        self._context.refuse(refusals.FORGED)
        return ReplyCode.REJECT

    def _failed(self, error: Exception) -> ReplyCode:
        metrics.SCAN_FAILURES.inc()
        self._resources.events.failed("end of message", error)
        self._context.refuse(refusals.NOT_NOW)
        return ReplyCode.TEMPFAIL

    def _drop(self) -> None:
        self._transaction = self._decided = None
        if self._share:
            self._share.give_back()
        if self._in_hand:
            self._in_hand = False
            self._resources.traffic.message_ended()


def apply(modifications: Modifications, context: Context) -> ReplyCode:
    """Make the edits; the answer to the end of the message."""
    if modifications.refusal:
        context.refuse(modifications.refusal)
        return ReplyCode.REJECT
    make(modifications, context.edits)
    return ReplyCode.CONTINUE


def make(modifications: Modifications, edits: Edits) -> None:
    """Make *edits* of *modifications*, in their order."""
    for number, text in modifications.subjects:
        edits.change_header("Subject", number, " " + encoded(text, line_end="\n"))
    for name, number in modifications.remove:
        edits.change_header(name, number, "")
    if modifications.sender:
        edits.change_sender(*modifications.sender)
    if modifications.hold:
        edits.quarantine(modifications.hold)
    for name, value in modifications.add:
        edits.add_header(name, f" {value}")


def _address(given: bytes, parameters: tuple[bytes, ...]) -> Address:
    return Address(_text(given), tuple(_text(item) for item in parameters))


def _text(raw: bytes) -> str:
    """Bytes that are not UTF-8 stay recognisable as such (PEP 383)."""
    return raw.decode("utf-8", "surrogateescape")


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
