"""The portal behind its web page, for tests that play the recipient before a whole house."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from segl.events import Events
from segl.store.engine import open_store
from segl_portal.answering import AnswerRefused, AnswerService, Taken
from segl_portal.visits.browser import Browser
from segl_portal.visits.posting import Posting
from segl_portal.visits.service import CodePromised, Opened, VisitService
from world.counter import codes_in
from world.forms import Form
from world.house import House
from world.postfix import wait_until
from world.street import Street

LINK = re.compile(rb"https://sikker\.nordby-vand\.example/m/([0-9a-f]{32})#([\w-]{43})")


@dataclass
class Page:
    """The portal in this process, on the house's store and files."""

    house: House
    street: Street
    desk: VisitService
    answers: AnswerService
    posting: Posting

    def open(self, notice: bytes, recipient: str) -> Opened:
        """What the recipient does with the notice, up to the open message."""
        link = LINK.search(notice.replace(b"=\r\n", b"").replace(b"=3D", b"="))
        assert link is not None
        recipient_id, secret = (group.decode() for group in link.groups())
        browser = Browser.new()
        before = len(self._codes(recipient))
        asked = self.desk.ask(browser, recipient_id, secret, network="192.0.2.7", language="da")
        assert isinstance(asked, CodePromised)
        assert self.posting.flush()
        wait_until(lambda: len(self._codes(recipient)) > before, 60, lambda: self.house.log[-6000:])
        opened = self.desk.give(browser, recipient_id, self._codes(recipient)[-1], network="192.0.2.7")
        assert isinstance(opened, Opened)
        return opened

    def _codes(self, recipient: str) -> list[str]:
        return codes_in(mail.content for mail in self.street.mail_for(recipient))

    def send(self, opened: Opened, form: Form) -> Taken | AnswerRefused:
        taking = self.answers.take_answer(
            opened, form.stream(), form.content_type, lambda text: text == "right"
        )
        return asyncio.run(taking)


@contextmanager
def page_of(house: House, street: Street) -> Iterator[Page]:
    settings, events = house.settings, Events("segl-portal")
    engine, posting = open_store(settings.store.url), Posting(events)
    answers = AnswerService(settings, engine, events)
    try:
        yield Page(house, street, VisitService(settings, engine, events, posting), answers, posting)
    finally:
        answers.close()
        posting.close()
        engine.dispose()
