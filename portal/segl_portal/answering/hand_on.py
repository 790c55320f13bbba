"""Hands a kept answer to the front, where Segl's own mail comes in: from there it goes to the sender's mailbox as other
mail does, and by a secure way where that is an alias of an address outside (:mod:`segl.mail.own_mail`).

Only after that port's 250 is the recipient told "sent". Before it, the answer stays kept and can be sent again by her
alone: its key is kept nowhere, so no housekeeping of ours could read it (docs/decisions/0028-answers.md). A
process that dies in between leaves an answer that is not marked as handed on though it was: sent again, it arrives
twice, with one Message-ID.

As long as one of several addressees is refused for now it goes to none of them, and is kept: sent again to all, it
would reach twice those who have it. Who is refused for good does not hold the others: the page says that not all got
it.

The envelope's sender is who hears of failures inside the house (``inbound.failures_to``): a report to the recipient
would tell the subject, unencrypted, to her mailbox.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Engine

from segl.errors import DeliveryError, SeglError
from segl.events import Events
from segl.mail.fields import read_header
from segl.mail.handover import Handover
from segl.mail.outgoing import Outgoing
from segl.mail.return_port import MailPort
from segl.sealed import life
from segl.sealed.content import SealedContent
from segl.sealed.keys import Secret, WrongSecret
from segl.sealed.storage import SealedStorage
from segl_portal.answering import kept
from segl_portal.answering.kept import KeptAnswer
from segl_portal.answering.outcome import AnswerRefused, Taken, Why

SENDING_SECONDS: Final = 300.0  # a hand-over takes at most 240
_WAIT_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.2
_HEAD_BYTES: Final = 64 * 1024
_TOO_LARGE: Final = 552  # RFC 1870 §6
_ADDRESS: Final = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class HandOver:
    engine: Engine
    directory: SealedStorage
    port: MailPort
    events: Events
    failures_to: Callable[[str], str]  # of an addressee
    clock: Callable[[], float]

    def hand_on(
        self, answer: KeptAnswer, answers: Secret, sealed_id: str, recipient: str, *, is_new: bool
    ) -> Taken | AnswerRefused:
        """Blocking. *answers* opens it; *recipient* wrote it, to the sealed message *sealed_id*. What is refused for
        good is forgotten when it *is_new*: its text is in the form yet. Later it is nowhere but here."""
        now = self.clock()
        if not kept.claim(self.engine, answer.id, now, now + SENDING_SECONDS):
            return self._others_work(answer)
        try:
            handover, recipients = self._send(answer, answers)
        except (SeglError, OSError, WrongSecret) as error:
            return self._not_sent(answer, error, is_new=is_new)
        kept.handed_on(
            self.engine,
            answer,
            self.clock(),
            lambda connection: life.mark_answered(
                connection, answer.recipient_id, answer.id, self.clock(), actor=recipient
            ),
        )
        self.events.answered(
            *(answer.id, sealed_id, recipient),
            to=[one for one in recipients if one not in handover.refused],
            not_to=list(handover.refused),
            size=answer.size,
            queued_as=handover.queued_as,
        )
        return Taken(answer.id, not_to=tuple(handover.refused))

    def _send(self, answer: KeptAnswer, answers: Secret) -> tuple[Handover, list[str]]:
        """What became of it, and whom it was for."""
        with kept.content_of(self.directory, answer, answers) as content:
            recipients, ascii_head = _addressed(content)
            mail = Outgoing(answer.size, content.chunks(), ascii=ascii_head)
            sender = self.failures_to(recipients[0] if recipients else "")
            handover = self.port.send(sender, recipients, mail, smtputf8=not ascii_head, together=True)
        if len(handover.refused) == len(recipients):
            raise _NobodyTakesIt(next(iter(handover.refused.values())).code)
        return handover, recipients

    def _not_sent(self, answer: KeptAnswer, error: Exception, *, is_new: bool) -> AnswerRefused:
        self.events.answer_waits(answer.id, error)
        code = error.reply_code if isinstance(error, DeliveryError) else 451
        why = Why.NOT_SENT if code < 500 else Why.TOO_LARGE if code == _TOO_LARGE else Why.MAILBOX
        if is_new and code >= 500:
            kept.forget(self.engine, self.directory, answer.id)
            return AnswerRefused(why)
        kept.release(self.engine, answer.id)
        return AnswerRefused(why, answer_id=answer.id)

    def _others_work(self, answer: KeptAnswer) -> Taken | AnswerRefused:
        """It was handed on already, or is at this moment: then wait for how that ends."""
        until = time.monotonic() + _WAIT_SECONDS
        while True:
            found = kept.find(self.engine, answer.recipient_id, answer.id)
            if found is None:
                return AnswerRefused(Why.GONE)
            if found.handed_on_at is not None:
                return Taken(answer.id, again=True)
            if time.monotonic() > until or (found.sending_until or 0.0) <= self.clock():
                return AnswerRefused(Why.NOT_SENT, answer_id=answer.id)
            time.sleep(_LOOK_SECONDS)


class _NobodyTakesIt(DeliveryError):
    """All addressees were refused, the first with *code*."""

    def __init__(self, code: int) -> None:
        super().__init__("no addressee was taken", f"no addressee of the answer was taken: {code}")
        self.reply_code = code


def _addressed(content: SealedContent) -> tuple[list[str], bool]:
    """The addressees in the mail's own header, and whether that header is ASCII."""
    head = content.read(0, _HEAD_BYTES)
    fields, end = read_header(head)
    lines = [field.value.decode("utf-8") for field in fields if field.name in ("to", "cc")]
    return list(dict.fromkeys(_ADDRESS.findall("\n".join(lines)))), head[:end].isascii()
