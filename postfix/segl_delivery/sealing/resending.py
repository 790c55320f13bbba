"""Sends a recipient another notice of a message that she cannot find any more.

The link's secret is in her mailbox alone, so the same link cannot be made again. Where the house keeps a key for it
(``portal.resend_key``) she gets a new link, beside the old one, which goes on working: answers she gave by that stand
there. Where it does not, she gets the reminder, which names the mail to look for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.errors import SeglError
from segl.events import Events
from segl.mail.handover import OutcomeUnknown
from segl.mail.paths import return_path
from segl.mail.return_port import ReturnPort, send_to_one
from segl.sealed.keys import Secret, WrongSecret
from segl.sealed.news import About, News, NewsKind
from segl.sealed.overview import MessageSeen, State
from segl.sealed.records import add_recipient, drop_recipients, mark_notified
from segl.sealed.spare import load_resend_key, spare_content_key
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl.tables.sealed import sealed_recipient
from segl_delivery.sealing.news import SealedNews
from segl_delivery.sealing.notice import Notice, NoticeFrom
from segl_delivery.sealing.seal import addressee

_LIVE = (State.WAITING, State.OPENED, State.ANSWERED)


@dataclass(frozen=True, slots=True)
class Resent:
    """What one recipient was sent: a new ``link``, or the reminder. ``error``: why it did not go."""

    recipient: str
    link: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Resender:
    """Blocking; raises :class:`~segl.errors.SeglError` for what concerns all recipients."""

    settings: Settings
    engine: Engine
    return_port: ReturnPort
    events: Events
    actor: str

    def resend(self, message: MessageSeen, recipient: str, now: float) -> list[Resent]:
        """To *recipient*, or with ``""`` to all who can still open it and have not."""
        content_key = self._content_key(message)
        sent = []
        for address in self.whom(message, recipient):
            try:
                if content_key is not None:
                    self._new_link(message, content_key, address, now)
                else:
                    self._remind(message, address, now)
            except SeglError as error:
                sent.append(Resent(address, content_key is not None, error.private))
            else:
                sent.append(Resent(address, content_key is not None))
        return sent

    def whom(self, message: MessageSeen, recipient: str) -> Sequence[str]:
        """Each address once."""
        wanted = recipient.casefold()
        return list(
            dict.fromkeys(
                copy.recipient
                for copy in message.copies
                if copy.state in _LIVE
                and (copy.recipient.casefold() == wanted if wanted else copy.state is State.WAITING)
            )
        )

    def _content_key(self, message: MessageSeen) -> Secret | None:
        file = self.settings.portal.resend_key
        if file is None or not message.spare:
            return None
        try:
            return spare_content_key(self.engine, load_resend_key(file), message.id)
        except WrongSecret:
            hint = "the message was sealed while another key was set"
            raise SeglError(
                "no new link can be made", f"{file} is not the key of this message", hint
            ) from None

    def _new_link(self, message: MessageSeen, content_key: Secret, address: str, now: float) -> None:
        """The row, marked as told of, then the notice; without one the row is taken away again. A notice whose link
        died on the way is not called sent: nobody can read by it."""
        phone, phrase_hash = self._guard(message.id, address)
        made = addressee(message.id, content_key, address, phone, phrase_hash)
        if not add_recipient(self.engine, message.id, made.row, notified_at=now):
            raise SeglError("the message is gone", f"{message.id} was revoked or has expired just now")
        house = NoticeFrom.of(self.settings, message.sender)
        notice = Notice(
            house=house,
            sender=message.sender,
            recipient=address,
            link=house.link(made.row.id, made.link),
            written=datetime.fromtimestamp(now).astimezone(),
            until=datetime.fromtimestamp(message.expires_at).astimezone(),
            phone=phone,
            phrase=phrase_hash is not None,
        )
        try:
            queued_as = send_to_one(self.return_port, message.sender, address, notice.message())
        except OutcomeUnknown:
            # It may have arrived: the link must work.
            mark_notified(self.engine, made.row.id, now, act=Act.RESENT, actor=self.actor)
            raise
        except SeglError:
            drop_recipients(self.engine, message.id, [made.row.id])
            raise
        if not mark_notified(self.engine, made.row.id, now, act=Act.RESENT, actor=self.actor):
            raise SeglError(
                "the message is gone", f"{message.id} was revoked or has expired while the notice went"
            )
        self.events.notice_sent(message.id, address, queued_as)

    def _remind(self, message: MessageSeen, address: str, now: float) -> None:
        copies = [copy for copy in message.copies if copy.recipient == address and copy.state in _LIVE]
        latest = max(copies, key=lambda copy: copy.notified_at or 0.0)
        about = About(latest.id, address, latest.notified_at or message.created_at, latest.opened_at)
        news = News(
            kind=NewsKind.ENDING,
            message_id=message.id,
            sender=message.sender,
            envelope_id=message.envelope_id,
            created_at=message.created_at,
            expires_at=message.expires_at,
            about=(about,),
        )
        told = SealedNews(self.settings, self.engine, self.return_port, self.events)
        house = return_path(self.settings.notice_from_of(message.sender))
        send_to_one(self.return_port, house, address, told.reminder(news, about, now))
        with transaction(self.engine) as connection:
            audit.append(connection, Act.RESENT, latest.id, self.actor, at=now, reminder=True)

    def _guard(self, message_id: str, address: str) -> tuple[str | None, str | None]:
        """How the recipient proved herself so far: a new link asks for no less."""
        row = sealed_recipient.c
        query = sa.select(row.phone, row.phrase_hash).where(
            row.message_id == message_id, row.recipient == address
        )
        with transaction(self.engine) as connection:
            found = connection.execute(query.limit(1)).one()
        return found.phone, found.phrase_hash
