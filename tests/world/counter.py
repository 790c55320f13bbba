"""The portal's desk with all that stands behind it, in this process: store, sealed files, return port, a clock to turn.

with Counter(directory) as counter:
    letter = counter.seal("bo@vestby.example", b"Subject: x\\r\\n\\r\\nHej Bo\\r\\n")
    browser = Browser.new()
    counter.ask(browser, letter)
    opened = counter.give(browser, letter, counter.code())
"""

from __future__ import annotations

import email
import re
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from email import policy
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.language import Language
from segl.mail.return_port import ReturnPort
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Place, Secret, new_content_key, wrap
from segl.sealed.records import SealedMessage, SealedRecipient, mark_notified, record
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store
from segl_portal.revoking import RevokeService
from segl_portal.visits.browser import Browser
from segl_portal.visits.posting import Posting
from segl_portal.visits.service import CodePromised, Denied, Opened, VisitService
from world.desk import DOMAIN, SENDER
from world.peers import SmtpPeer
from world.ports import free_port
from world.stores import store_in

CONTENT: Final = b"From: anna@nordby-vand.example\r\nSubject: Svar\r\n\r\nHej Bo\r\n"
HOME: Final = "192.0.2.7"
CODE: Final = re.compile(r"(?:kode er|code is) (\d{4}) (\d{4})")
"""As a mail tells it, with the blank in its middle."""

Answer = TypeVar("Answer", bound=Opened | Denied | None)


@dataclass(frozen=True, slots=True)
class Letter:
    """A sealed message with one recipient, and what stands in her link."""

    message_id: str
    recipient_id: str
    link: str
    recipient: str


class Counter:
    """``now`` is what the desk takes for the present."""

    def __init__(self, directory: Path, *, store: str = "", **portal: Any) -> None:
        self.port = free_port()
        self.return_port = SmtpPeer("127.0.0.1", self.port)
        self.settings = counter_settings(directory, self.port, store, **portal)
        self.desk_port = ReturnPort.at(self.settings.reinject, 10.0)
        self.now = time.time()
        self.events = Events("segl-portal")

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.return_port)
            self.engine: Engine = open_store(self.settings.store.url)
            stack.callback(self.engine.dispose)
            self.directory = SealedDirectory(self.settings.portal.sealed)
            self.directory.prepare()
            self.posting = Posting(self.events)
            stack.callback(self.posting.close)
            self.desk = VisitService(self.settings, self.engine, self.events, self.posting, lambda: self.now)
            self.revoking = RevokeService(self.settings, self.engine, self.events, lambda: self.now)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_reason: object) -> None:
        self._stack.close()

    def seal(
        self,
        recipient: str = "bo@vestby.example",
        content: bytes = CONTENT,
        *,
        sender: str = SENDER,
        days: int = 30,
        mail: str | None = None,
    ) -> Letter:
        """As segl-deliver seals; the notice is on its way. *mail* is what receipts know it by."""
        message_id, row_id, key = new_id(), new_id(), new_content_key()
        link, server = Secret.new(), Secret.new()
        place = Place(bytes.fromhex(message_id), bytes.fromhex(row_id))
        self.directory.write(message_id, key, [content])
        message = SealedMessage(message_id, sender, len(content), self.now, self.now + days * 86400, mail)
        record(
            self.engine, message, [SealedRecipient(row_id, recipient, server, wrap(key, link, server, place))]
        )
        mark_notified(self.engine, row_id, self.now)
        return Letter(message_id, row_id, link.text(), recipient)

    def ask(
        self,
        browser: Browser,
        letter: Letter,
        *,
        network: str = HOME,
        language: Language = "da",
        phrase: str = "",
    ) -> CodePromised | Denied:
        """Ask, and wait until the code has gone."""
        asked = self.desk.ask(
            browser, letter.recipient_id, letter.link, network=network, language=language, phrase=phrase
        )
        assert self.posting.flush()
        return asked

    def give(self, browser: Browser, letter: Letter, code: str, *, network: str = HOME) -> Opened | Denied:
        return self._kept(self.desk.give(browser, letter.recipient_id, code, network=network))

    def visit(self, browser: Browser, letter: Letter) -> Opened | None:
        return self._kept(self.desk.visit(browser, letter.recipient_id))

    def open(self, letter: Letter, browser: Browser | None = None) -> tuple[Browser, Opened]:
        """The whole way to an open message."""
        browser = browser or Browser.new()
        assert isinstance(self.ask(browser, letter), CodePromised)
        opened = self.give(browser, letter, self.code())
        assert isinstance(opened, Opened)
        return browser, opened

    def _kept(self, answer: Answer) -> Answer:
        """*answer*; a message that it opened is closed at the end."""
        if isinstance(answer, Opened):
            self._stack.callback(answer.content.close)
        return answer

    def code(self) -> str:
        """The code in the last mail."""
        return code_in(self.return_port.received[-1].content)


def counter_settings(directory: Path, port: int, store: str = "", **portal: Any) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "Nordby Vandværk", "domains": [DOMAIN]},
            "portal": {"url": f"https://sikker.{DOMAIN}", "sealed": str(directory / "sealed"), **portal},
            "delivery": {"reinject": f"127.0.0.1:{port}"},
            "store": {"url": store or store_in(directory)},
        }
    )


def code_in(mail: bytes) -> str:
    """The code that a mail tells, without its blank."""
    found = CODE.search(text_of(mail))
    assert found is not None, mail[:2000]
    return found[1] + found[2]


def codes_in(mails: Iterable[bytes]) -> list[str]:
    """The codes that *mails* tell, in their order. A notice or a receipt that comes between tells none."""
    return [code_in(mail) for mail in mails if CODE.search(text_of(mail))]


def text_of(mail: bytes) -> str:
    """The text of a mail of a single part, and nothing for one of several: Segl's mails with a code are of one."""
    message = email.message_from_bytes(mail, policy=policy.default)
    return "" if message.is_multipart() else str(message.get_content())


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"
