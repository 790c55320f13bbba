"""Rounds of news about sealed messages, and what they send."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import Any

from segl.audit import Act
from segl.sealed import life
from segl.sealed.directory import new_id
from segl.sealed.keys import Secret
from segl.sealed.records import SealedRecipient, add_recipient, mark_notified
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl_delivery.sealing.news import SealedNews
from world.counter import Counter, Letter
from world.desk import DOMAIN
from world.peers import ReceivedMail

DAY = 86400.0
BO, EVA = "bo@vestby.example", "eva@vestby.example"
BEGIN = datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp()


def news_of(counter: Counter, **portal: Any) -> SealedNews:
    settings = counter.settings
    if portal:
        settings = changed(settings, **portal)
    return SealedNews(settings, counter.engine, counter.desk_port, counter.events)


def changed(settings: Settings, language: str = "da", **portal: Any) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "Nordby Vandværk", "domains": [DOMAIN], "language": language},
            "portal": {"url": settings.portal.url, "sealed": str(settings.portal.sealed), **portal},
            "delivery": {"reinject": settings.reinject},
            "store": {"url": settings.store.url},
        }
    )


def told(counter: Counter, **portal: Any) -> list[ReceivedMail]:
    """What goes out in a round of news at the counter's time."""
    counter.return_port.forget()
    news_of(counter, **portal).tell(counter.now)
    return list(counter.return_port.received)


def parsed(mail: ReceivedMail) -> EmailMessage:
    message = email.message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def text(mail: ReceivedMail) -> str:
    return str(parsed(mail).get_content()).replace("\r\n", "\n")


def second_link(letter: Letter, counter: Counter, address: str, *, notified: bool = True) -> Letter:
    """As `segl sealed resend` makes one; it opens nothing here, which no news looks at."""
    row = SealedRecipient(new_id(), address, Secret.new(), bytes(60))
    assert add_recipient(counter.engine, letter.message_id, row)
    if notified:
        mark_notified(counter.engine, row.id, counter.now, act=Act.RESENT)
    return Letter(letter.message_id, row.id, "", address)


def opened(counter: Counter, letter: Letter) -> None:
    with transaction(counter.engine) as connection:
        life.mark_opened(connection, letter.recipient_id, counter.now, actor=letter.recipient)
