"""The mail that carries a code to the recipient's own address.

It is plain text and short, so that the code is seen in the list of mails and on a locked phone's preview only where
the owner lets previews be seen; the subject does not hold it. The envelope sender is the house's address: filters that
look for forged reports refuse a null one, its SPF is that of the host's name, and that a server refuses codes would be
told to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from segl.language import Language
from segl.mail.compose import Letter, one_line
from segl_portal.visits.code_texts import TEXTS
from segl_portal.visits.codes import spoken


@dataclass(frozen=True, slots=True)
class CodeMail:
    """One code on its way. ``notice_from`` is the address that the notice came from, too."""

    organisation: str
    notice_from: str
    recipient: str
    code: str
    reference: str
    minutes: int
    language: Language

    def message(self, now: datetime) -> bytes:
        """The mail, CR LF line ends, ready to send."""
        texts, values = TEXTS[self.language], self._values()
        paragraphs = (texts.code, texts.where, texts.reference, texts.warning)
        letter = Letter(
            self.organisation,
            self.notice_from,
            self.recipient,
            texts.subject.format(**values),
            [paragraph.format(**values) for paragraph in paragraphs],
            self.language,
        )
        return letter.message(now)

    def sms(self, host: str) -> str:
        """The text message. Its last line binds the code to the portal's *host*: phones then offer it there, and on
        no other page (the "origin-bound one-time codes" format)."""
        text = TEXTS[self.language].sms.format(**self._values())
        return f"{text}\n\n@{host} #{self.code}" if host else text

    def _values(self) -> dict[str, str | int]:
        return {
            "organisation": one_line(self.organisation),
            "code": spoken(self.code),
            "reference": self.reference,
            "minutes": self.minutes,
        }
