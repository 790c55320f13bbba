"""Somebody who writes back in the portal: an open message, and the desk that takes answers to it."""

from __future__ import annotations

import asyncio
import email
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, MIMEPart
from typing import Any

from segl_portal.answering import AnswerRefused, AnswerService, Taken, Why
from world.counter import Counter
from world.desk import SENDER
from world.forms import Form

ORIGINAL = (
    b"From: =?utf-8?q?Anna_S=C3=B8rensen?= <anna@nordby-vand.example>\r\n"
    b"To: Bo Hansen <bo@vestby.example>, Carl <carl@nordby-vand.example>\r\n"
    b"Cc: dora@NORDBY-VAND.example, eva@andet.example\r\n"
    b"Subject: =?utf-8?q?Din_m=C3=A5ler?=\r\n"
    b"Message-ID: <2@nordby-vand.example>\r\nReferences: <1@nordby-vand.example>\r\n\r\nHej Bo\r\n"
)


class Writing:
    """An open message and the desk that takes answers to it."""

    def __init__(self, counter: Counter, content: bytes = ORIGINAL, sender: str = SENDER) -> None:
        self.counter = counter
        self.before = set(self._files())
        self.letter = counter.seal(content=content, sender=sender)
        _, self.opened = counter.open(self.letter)
        counter.return_port.forget()
        self.desk = AnswerService(counter.settings, counter.engine, counter.events, lambda: counter.now)

    async def take(self, form: Form) -> Taken | AnswerRefused:
        return await self.desk.take_answer(
            self.opened, form.stream(), form.content_type, lambda t: t == "right"
        )

    def send(self, form: Form) -> Taken | AnswerRefused:
        return asyncio.run(self.take(form))

    @property
    def arrived(self) -> list[EmailMessage]:
        return [email.message_from_bytes(mail.content, policy=policy.default) for mail in self.raw]

    @property
    def raw(self) -> list[Any]:
        return self.counter.return_port.received

    def stored(self) -> list[str]:
        """The files of answers that were put on disk since, whole or begun."""
        return sorted(set(self._files()) - self.before - {self.letter.message_id})

    def _files(self) -> Iterator[str]:
        for path in self.counter.directory.root.glob("*/*"):
            yield path.name.removesuffix(".sealed")


def refused(outcome: Taken | AnswerRefused) -> tuple[Why, str]:
    assert isinstance(outcome, AnswerRefused), outcome
    return outcome.why, outcome.file


def said(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n")
