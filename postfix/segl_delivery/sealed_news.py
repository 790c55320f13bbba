"""Tells the sender of a sealed message what became of it, and reminds recipients who have not opened theirs.

Who is told what is claimed in the store (:mod:`segl.sealed.news`), then the mail goes to the return port. The envelope
sender is null and ``Auto-Submitted`` is set, so that nothing answers and nothing loops (RFC 3834). The reminder has no
link: we do not have it. It says by date and subject in which earlier mail it stands, which is also what a forged
reminder could not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Engine

from segl.addresses import domain_of
from segl.days import day, moment
from segl.errors import SeglError
from segl.events import Events
from segl.language import Language
from segl.mail.compose import Letter, one_line
from segl.mail.paths import is_plain
from segl.mail.return_port import OutcomeUnknown, Refused, ReturnPort
from segl.metrics import SEALED_NEWS
from segl.sealed import news as kept
from segl.sealed.news import About, Kind, News
from segl.sealed.revocation import house_secret, revocation_link
from segl.settings import Settings
from segl_delivery.notice import NoticeFrom
from segl_delivery.notice_texts import TEXTS
from segl_delivery.sealed_news_texts import DAYS_LEFT, NEWS, REMINDER

_DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class SealedNews:
    """One round at a time: :meth:`tell`."""

    settings: Settings
    engine: Engine
    return_port: ReturnPort
    events: Events

    def tell(self, now: float) -> None:
        """Send all that is due. Blocking. Raises :class:`~segl.errors.StoreError`."""
        portal = self.settings.portal
        for kind in Kind:
            reminded = kind is Kind.ENDING and portal.reminder_days > 0
            if not reminded and (kind is Kind.ENDING or kind.value not in portal.tell_sender):
                continue
            for news in kept.claim(self.engine, kind, now, reminder_seconds=portal.reminder_days * _DAY):
                self._tell(news, now)

    def _tell(self, news: News, now: float) -> None:
        if news.kind is Kind.ENDING:
            news = self._remind(news, now)
        wanted = news.about and news.kind.value in self.settings.portal.tell_sender
        # Strangers' mail that was only passed on here is sealed too; its senders are told nothing.
        if not wanted or not news.sender or not self.settings.takes(news.sender):
            return
        gone = self._send(news, news.sender, self._report(news, now), news.kind.value)
        if not gone and news.kind is not Kind.ENDING:  # the recipients have been reminded, and are not again
            kept.give_back(self.engine, news)

    def _remind(self, news: News, now: float) -> News:
        """The same news, about those who could be reminded; for the others it is tried again."""
        reminded: list[About] = []
        for one in news.about:
            if self._send(news, one.recipient, self.reminder(news, one, now), "reminder"):
                kept.record_reminder(self.engine, one.recipient_id, now)
                reminded.append(one)
            else:
                kept.give_back(self.engine, replace(news, about=(one,)))
        return replace(news, about=tuple(reminded))

    def _send(self, news: News, to: str, message: bytes, what: str) -> bool:
        """False when it certainly did not go, and may go later."""
        try:
            handover = self.return_port.send("", [to], message, smtputf8=False)
            if refusal := handover.refused.get(to):
                raise Refused(refusal, "RCPT")
        except SeglError as error:
            self.events.news_not_sent(what, news.message_id, to, error)
            SEALED_NEWS.labels(what, "failed").inc()
            return isinstance(error, OutcomeUnknown) or not error.reply.temporary
        self.events.news_sent(what, news.message_id, to, handover.queued_as)
        SEALED_NEWS.labels(what, "sent").inc()
        return True

    def _report(self, news: News, now: float) -> bytes:
        language = self.settings.owner(domain_of(news.sender)).language
        texts = NEWS[language][news.kind]
        house = house_secret(self.engine)
        values = {
            "sent": moment(news.created_at, language),
            "until": day(news.expires_at, language),
            "left": days_left(news.expires_at, now, language),
            "revoke": revocation_link(house, self.settings.portal.base, news.message_id),
        }
        lines = [
            texts.line.format(
                recipient=one_line(one.recipient), opened=moment(one.opened_at or now, language)
            )
            for one in news.about
        ]
        body = [texts.begins.format(**values), "\n".join(lines), texts.ends.format(**values)]
        return self._mail(news, news.sender, texts.subject, body, language, now)

    def reminder(self, news: News, one: About, now: float) -> bytes:
        """The mail that says in which earlier mail the link stands."""
        house = NoticeFrom.of(self.settings, news.sender)
        language = house.language
        texts = REMINDER[language]
        organisation = one_line(house.organisation)
        values = {
            "organisation": organisation,
            "sender": news.sender,
            "address": house.address,
            "notified": day(one.notified_at, language),
            "notice": TEXTS[language].subject.format(organisation=organisation),
            "until": day(news.expires_at, language),
        }
        who = texts.who if is_plain(news.sender) else texts.who_unnamed
        body = [text.format(**values) for text in (texts.heading, who, texts.find, texts.until, texts.lost)]
        return self._mail(news, one.recipient, texts.subject.format(**values), body, language, now)

    def _mail(
        self, news: News, to: str, subject: str, body: Sequence[str], language: Language, now: float
    ) -> bytes:
        house = NoticeFrom.of(self.settings, news.sender)
        reply_to = news.sender if to != news.sender else ""
        letter = Letter(house.organisation, house.address, to, subject, body, language, reply_to)
        return letter.message(datetime.fromtimestamp(now).astimezone())


def days_left(end: float, now: float, language: Language) -> str:
    """How many days there are after today."""
    days = (datetime.fromtimestamp(end).date() - datetime.fromtimestamp(now).date()).days
    today, one, several = DAYS_LEFT[language]
    return today if days <= 0 else one if days == 1 else several.format(days=days)
