"""The notice mail: tells a recipient that a sealed message waits, and carries the link that opens it.

The link is ``<portal.url>/m/<recipient id>#<link secret>``. Only the recipient's mailbox ever holds the
secret: a browser does not send what stands after ``#`` to a server, nor in a Referer.

The header is written here by hand, line by line, because addresses come from outside: each is shown only
when it is an ordinary one (:func:`segl.mail.paths.is_plain`), and no text with a line end or a
control character gets in. RFC 3834 §5 asks for ``Auto-Submitted``; the envelope sender is the original
one, so that a bounce reaches the person who wrote.
"""

from __future__ import annotations

import html
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from segl.addresses import domain_of
from segl.bounce_addresses import reads_bounces
from segl.days import day_of
from segl.language import OTHER, Language
from segl.mail.compose import automatic_header, one_line, text_part
from segl.mail.paths import is_plain
from segl.sealed.keys import Secret
from segl.settings.document import Settings
from segl_delivery.sealing.news_texts import ReminderTexts
from segl_delivery.sealing.notice_texts import TEXTS, NoticeTexts

COLOUR: Final = "#0b4f6c"


@dataclass(frozen=True, slots=True)
class NoticeFrom:
    """The house the notice comes from."""

    organisation: str
    address: str
    portal_url: str
    language: Language
    colour: str = COLOUR
    # A stranger wrote to own people, and their mail is forwarded (Sieve's redirect, a .forward).
    passes_on: bool = False

    @classmethod
    def of(cls, settings: Settings, sender: str) -> NoticeFrom:
        """As recipients of mail from *sender*'s domain know it."""
        look = settings.look_of(sender)
        return cls(
            organisation=settings.name_of(sender),
            address=settings.notice_from_of(sender),
            portal_url=settings.portal.url,
            language=settings.owner(domain_of(sender)).language,
            colour=look.colour if look is not None else COLOUR,
            passes_on=not settings.may_write_for_us(domain_of(sender)),
        )

    @property
    def base(self) -> str:
        return self.portal_url.rstrip("/") + "/"

    def who(self, sender: str, texts: NoticeTexts | ReminderTexts) -> str:
        """Who wrote, with the names to be put in."""
        if not is_plain(sender) or reads_bounces(sender):
            return texts.who_unnamed
        return texts.who_elsewhere if self.passes_on else texts.who

    def link(self, recipient_id: str, secret: Secret) -> str:
        return f"{self.base}m/{recipient_id}#{secret.text()}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One recipient's notice. ``until`` is the last moment at which the message can be read, in local
    time."""

    house: NoticeFrom
    sender: str
    recipient: str
    link: str
    written: datetime
    until: datetime
    subject: str = ""  # of the message, where the house wants it told
    phone: str | None = None  # codes go there
    phrase: bool = False  # the sender gave one
    name: str = ""  # the left part of its Message-ID; "": any

    def message(self) -> bytes:
        """The mail, CR LF line ends, ready to send."""
        boundary = f"segl-{secrets.token_hex(16)}"
        head = [*self._header(), f'Content-Type: multipart/alternative; boundary="{boundary}"', "", ""]
        parts = [text_part("plain", self._plain()), text_part("html", self._html())]
        body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
        return "\r\n".join(head).encode("utf-8") + body + b"--" + boundary.encode() + b"--\r\n"

    @property
    def _texts(self) -> NoticeTexts:
        return TEXTS[self.house.language]

    def _header(self) -> list[str]:
        house = self.house
        organisation = one_line(house.organisation)
        subject = self._texts.subject.format(organisation=organisation)
        languages = (house.language, OTHER[house.language])
        lines = automatic_header(
            organisation,
            house.address,
            self.recipient,
            subject,
            self.written,
            languages,
            name=self.name,
            reply_to="" if reads_bounces(self.sender) else self.sender,
        )
        return [*lines, "MIME-Version: 1.0"]

    def _filled(self, texts: NoticeTexts) -> dict[str, str]:
        phone = (self.phone or "")[-2:]
        values = {
            "organisation": one_line(self.house.organisation),
            "sender": self.sender,
            "subject": one_line(self.subject),
            "base": self.house.base,
            "until": day_of(self.until.date(), texts.language),
            "code": (texts.by_phone if phone else texts.by_mail).format(phone=phone),
        }
        names = ("heading", "about", "why", "button", "steps", "until", "check", "question", "short")
        filled = {name: getattr(texts, name).format(**values) for name in names}
        return {**filled, "who": self.house.who(self.sender, texts).format(**values), "phrase": texts.phrase}

    def _paragraphs(self, texts: dict[str, str]) -> tuple[list[str], list[str]]:
        """What stands before the link and after it."""
        before = [texts["who"], *([texts["about"]] if self.subject else []), texts["why"]]
        phrase = f" {texts['phrase']}" if self.phrase else ""
        return before, [texts["steps"] + phrase, texts["until"], texts["check"], texts["question"]]

    def _plain(self) -> str:
        texts = self._filled(self._texts)
        before, after = self._paragraphs(texts)
        other = self._filled(TEXTS[OTHER[self.house.language]])["short"]
        link = f"{texts['button']}:\n{self.link}"
        return "\n\n".join([texts["heading"], *before, link, *after, "--------", other]) + "\n"

    def _html(self) -> str:
        texts = self._filled(self._texts)
        before, after = self._paragraphs(texts)
        other = OTHER[self.house.language]
        return _HTML.format(
            language=self.house.language,
            other_language=other,
            other=html.escape(self._filled(TEXTS[other])["short"]),
            link=html.escape(self.link),
            heading=html.escape(texts["heading"]),
            button=html.escape(texts["button"]),
            colour=self.house.colour,
            before=_html_paragraphs(before),
            after=_html_paragraphs(after),
        )


def _html_paragraphs(texts: list[str]) -> str:
    return "\n".join(f"<p>{html.escape(text)}</p>" for text in texts)


# The button is a link with a thick border: Outlook leaves out a link's padding.
_HTML: Final = """\
<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1a1a1a;font-family:Arial,Helvetica,sans-serif;\
font-size:16px;line-height:1.5">
<div style="max-width:560px">
<h1 style="font-size:22px;line-height:1.3;margin:0 0 16px">{heading}</h1>
{before}
<p style="margin:24px 0"><a href="{link}" style="display:inline-block;background:{colour};\
border:12px solid {colour};border-left-width:20px;border-right-width:20px;color:#ffffff;\
text-decoration:none">{button}</a></p>
<p style="font-size:14px;word-break:break-all">{link}</p>
{after}
<p lang="{other_language}" style="margin-top:32px;padding-top:16px;border-top:1px solid #cccccc;\
color:#555555">{other}</p>
</div>
</body>
</html>
"""
