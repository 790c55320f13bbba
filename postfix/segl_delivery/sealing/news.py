"""Tells the sender of a sealed message what became of it, and reminds recipients who have not opened theirs.

Who is told what is claimed in the store (:mod:`segl.sealed.news`), then the mail goes to the return port. The envelope
sender is null and ``Auto-Submitted`` is set, so that nothing answers and nothing loops (RFC 3834). The reminder has no
link: we do not have it. It says by date and subject in which earlier mail it stands, which is also what a forged
reminder could not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Final

from sqlalchemy.engine import Engine

from segl.addresses import domain_of
from segl.bounce_addresses import reads_bounces
from segl.days import DAY_SECONDS, day, moment
from segl.errors import SeglError, StoreError
from segl.events import Events
from segl.language import Language
from segl.mail.compose import Letter, one_line
from segl.mail.handover import OutcomeUnknown, Unreachable
from segl.mail.paths import return_path
from segl.mail.return_port import MailPort, send_to_one
from segl.metric_labels import Mailing, SendResult
from segl.metrics import SEALED_NEWS
from segl.sealed import news as kept
from segl.sealed.keys import Secret
from segl.sealed.news import About, Ids, News, NewsKind
from segl.sealed.revocation import house_secret, revocation_link
from segl.settings.document import Settings
from segl_delivery.sealing.news_texts import DAYS_LEFT, NEWS, REMINDER
from segl_delivery.sealing.notice import NoticeFrom
from segl_delivery.sealing.notice_texts import TEXTS

# Mail after mail the store fails, or nobody listens at the return port: it is away, and the round waits no longer.
_MOST_FAULTS: Final = 3
_WHERE: Final = "news of sealed messages"

Owed = list[Callable[[], None]]
"""What the store did not take, to be written in the next round, whatever the settings are then."""


class _Went(Enum):
    """What became of a mail."""

    YES = auto()  # or perhaps: then it is not sent again
    NEVER = auto()  # its reader takes none
    NOT_YET = auto()
    NOBODY_THERE = auto()  # not yet, nor will the next: nobody listens at the return port

    @property
    def waits(self) -> bool:
        return self in (_Went.NOT_YET, _Went.NOBODY_THERE)


@dataclass(frozen=True, slots=True)
class SealedNews:
    """One round at a time: :meth:`tell`."""

    settings: Settings
    engine: Engine
    port: MailPort
    events: Events
    owed: Owed = field(default_factory=list, compare=False)

    def tell(self, now: float) -> None:
        """Send all that is due, each claimed when its turn has come: what stops in the middle, this process or the
        store, leaves the rest to a later round. Blocking. Raises :class:`~segl.errors.StoreError`."""
        while self.owed:
            self.owed[0]()
            del self.owed[0]
        unheard = 0
        for kind in NewsKind:
            if not self._is_wanted(kind):
                continue
            mails = kept.due(self.engine, kind, now, reminder_seconds=self._reminder_seconds)
            if not mails:
                continue
            house, faults = house_secret(self.engine), 0  # asked for before anything is claimed
            for mail in mails:
                error, is_there = self._tell(kind, mail, house, now)
                faults = faults + 1 if error else 0
                unheard = 0 if is_there else unheard + 1
                if error and faults == _MOST_FAULTS:
                    raise error
                if unheard == _MOST_FAULTS:
                    return

    @property
    def _reminder_seconds(self) -> float:
        return self.settings.portal.reminder_days * DAY_SECONDS

    def _is_wanted(self, kind: NewsKind) -> bool:
        reminded = kind is NewsKind.ENDING and self.settings.portal.reminder_days > 0
        return reminded or (kind is not NewsKind.ENDING and kind.value in self.settings.portal.tell_sender)

    def _tell(
        self, kind: NewsKind, mail: Sequence[Ids], house: Secret, now: float
    ) -> tuple[StoreError | None, bool]:
        """What is due of one *mail*. Why nothing more of it could be claimed; whether there was somebody to take it."""
        told: dict[tuple[str, _Went], News] = {}
        error, is_there = None, True
        for ids in mail:
            try:
                claimed = kept.claim(self.engine, kind, ids, now, reminder_seconds=self._reminder_seconds)
            except StoreError as fault:
                self.events.failed(_WHERE, fault)
                error = fault
                break
            for news in claimed:
                reminded = self._remind(news, now) if kind is NewsKind.ENDING else _Went.YES
                if reminded.waits:
                    is_there = is_there and reminded is not _Went.NOBODY_THERE
                    continue
                before = told.get((news.message_id, reminded))
                whole = replace(news, about=(*before.about, *news.about)) if before else news
                told[news.message_id, reminded] = whole
        for (_, reminded), news in told.items():
            went = self._tell_sender(news, house, now, reminded=reminded is _Went.YES)
            is_there = is_there and went is not _Went.NOBODY_THERE
        return error, is_there

    def _tell_sender(self, news: News, house: Secret, now: float, *, reminded: bool) -> _Went:
        wanted = news.kind.value in self.settings.portal.tell_sender
        # Strangers' mail that was only passed on here is sealed too; its senders are told nothing. Nor is a list's
        # program, to which it would be a failure, or nothing that it knows.
        if not wanted or not self.settings.takes(news.sender) or reads_bounces(news.sender):
            return _Went.NEVER
        report = self._report(news, house, now, reminded=reminded)
        went = self._send(news, news.sender, report, news.kind.value)
        # whom it is about when it ends has been reminded, and is not again
        if went.waits and news.kind is not NewsKind.ENDING:
            self._write(lambda: kept.give_back(self.engine, news))
        return went

    def _remind(self, news: News, now: float) -> _Went:
        """Her whom *news* is about. What did not go yet is tried again."""
        [one] = news.about
        went = self._send(news, one.recipient, self.reminder(news, one, now), Mailing.REMINDER)
        if went.waits:
            self._write(lambda: kept.give_back(self.engine, news))
        if went is _Went.YES:
            self._write(lambda: kept.record_reminder(self.engine, one.recipient_id, now))
        return went

    def _write(self, write: Callable[[], None]) -> None:
        """What the store fails at is written at the beginning of the next round."""
        try:
            write()
        except StoreError as error:
            self.events.failed(_WHERE, error)
            self.owed.append(write)

    def _send(self, news: News, to: str, message: bytes, what: str) -> _Went:
        """A recipient's is from the house, for servers outside; the sender's from nobody."""
        is_hers = what == Mailing.REMINDER
        house = return_path(self.settings.notice_from_of(news.sender)) if is_hers else ""
        try:
            queued_as = send_to_one(self.port, house, to, message)
        except SeglError as error:
            self.events.news_not_sent(what, news.message_id, to, error)
            SEALED_NEWS.labels(what, SendResult.FAILED).inc()
            if isinstance(error, OutcomeUnknown):
                return _Went.YES
            if isinstance(error, Unreachable):
                return _Went.NOBODY_THERE
            return _Went.NOT_YET if error.reply.temporary else _Went.NEVER
        self.events.news_sent(what, news.message_id, to, queued_as)
        SEALED_NEWS.labels(what, SendResult.SENT).inc()
        return _Went.YES

    def _report(self, news: News, house: Secret, now: float, *, reminded: bool) -> bytes:
        language = self.settings.owner(domain_of(news.sender)).language
        texts = NEWS[language][news.kind]
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
        ends = texts.ends if reminded else texts.unreminded
        body = [texts.begins.format(**values), "\n".join(lines), ends.format(**values)]
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
        who = house.who(news.sender, texts)
        body = [text.format(**values) for text in (texts.heading, who, texts.find, texts.until, texts.lost)]
        return self._mail(news, one.recipient, texts.subject.format(**values), body, language, now)

    def _mail(
        self, news: News, to: str, subject: str, body: Sequence[str], language: Language, now: float
    ) -> bytes:
        house = NoticeFrom.of(self.settings, news.sender)
        reply_to = news.sender if to != news.sender and not reads_bounces(news.sender) else ""
        letter = Letter(house.organisation, house.address, to, subject, body, language, reply_to)
        return letter.message(datetime.fromtimestamp(now).astimezone())


def days_left(end: float, now: float, language: Language) -> str:
    """How many days there are after today."""
    days = (datetime.fromtimestamp(end).date() - datetime.fromtimestamp(now).date()).days
    today, one, several = DAYS_LEFT[language]
    return today if days <= 0 else one if days == 1 else several.format(days=days)
