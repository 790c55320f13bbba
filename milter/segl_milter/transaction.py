"""One message as it comes in, piece by piece, with bounds on what is kept.

The bytes are put together again as SMTP carried them. The milter protocol cuts the header into names and
values: with ``P_HDR_LEADSPC`` a value begins with the blanks after the colon and a folded line is ``\\n``
and its blanks, so that nothing is lost but the CR. Postfix hands over the body with CRLF.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from segl import headers
from segl.answer_ids import answered_domains
from segl.mime.encoded_words import shown_header
from segl.settings_detection import Limits
from segl.smime_types import is_smime
from segl.subject_tags import LONGEST
from segl.vocabulary import Envelope

_TYPE, _DISPOSITION = "content-type", "content-disposition"
_THREAD = frozenset({"in-reply-to", "references"})
MOST_SUBJECTS: Final = 20  # fields looked at; a message has one (RFC 5322 section 3.6)


@dataclass(frozen=True, slots=True)
class Address:
    """An envelope address as the client gave it, angle brackets and parameters included."""

    given: str
    parameters: tuple[str, ...] = ()

    @property
    def bare(self) -> str:
        return self.given[1:-1] if self.given.startswith("<") and self.given.endswith(">") else self.given

    @property
    def editable(self) -> bool:
        """Whether it is UTF-8: of what is not, a milter cannot say which encoding Postfix would read it in."""
        try:
            self.given.encode("utf-8")
        except UnicodeEncodeError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that has come in whole.

    ``raw`` holds the first part when the message was larger than the limit (``cut``); ``more_recipients``
    counts those beyond the limit, who are not in ``recipients``. ``subjects`` are as :func:`readable_subject` makes
    them; where there are more than :data:`MOST_SUBJECTS`, all but the last of the rest are left out, and
    ``more_subjects`` counts them: programs show the first or the last. ``steering`` names, in order and with its
    number among the fields of that name, each header field that must come off. ``content`` are the values of
    ``Content-Type`` and ``Content-Disposition``. ``answers`` are the domains of the portal's answers
    (:mod:`segl.answer_ids`) that the message names as what it answers.
    """

    sender: Address
    recipients: tuple[Address, ...]
    raw: bytes
    size: int
    subjects: tuple[str, ...] = ()
    steering: tuple[tuple[str, int], ...] = ()
    more_recipients: int = 0
    more_subjects: int = 0
    content: tuple[bytes, bytes] = (b"", b"")
    answers: frozenset[str] = frozenset()

    @property
    def is_smime(self) -> bool:
        """Whether it is encrypted, signed or compressed as a whole. Found out when it is asked."""
        return is_smime(*self.content)

    @property
    def cut(self) -> bool:
        return self.size > len(self.raw)

    def numbered_subjects(self) -> Iterable[tuple[int, str]]:
        """``subjects``, each with its number among the fields of that name, from 1."""
        last = len(self.subjects)
        return (
            (number + self.more_subjects if number == last else number, subject)
            for number, subject in enumerate(self.subjects, start=1)
        )

    def envelope(self, queue_id: str) -> Envelope:
        return Envelope(self.sender.bare, tuple(address.bare for address in self.recipients), queue_id)


def readable_subject(value: bytes) -> str:
    """The *value* of a field ``Subject`` as a reader sees it, of a very long one the beginning. Nothing of what else it
    may say: it is written back, and what is asked of the portal is read from it."""
    return shown_header(value[:LONGEST].replace(b"\n", b"").decode("latin-1"))


class Subjects:
    """Collects the values of a message's ``Subject`` fields: the first ones, and the last."""

    __slots__ = ("_values", "more")

    def __init__(self, values: Iterable[bytes] = ()) -> None:
        self._values: list[bytes] = []
        self.more = 0  # between the first ones and the last, not kept
        for value in values:
            self.add(value)

    def add(self, value: bytes) -> None:
        if len(self._values) == MOST_SUBJECTS:
            self._values.pop()
            self.more += 1
        self._values.append(value)

    def readable(self) -> tuple[str, ...]:
        return tuple(map(readable_subject, self._values))


class Transaction:
    """Collects one message between MAIL and the end of its data."""

    __slots__ = (
        "_answers",
        "_body_begun",
        "_chunks",
        "_content",
        "_limits",
        "_more_recipients",
        "_recipients",
        "_room",
        "_seen",
        "_sender",
        "_size",
        "_steering",
        "_subjects",
    )

    def __init__(self, sender: Address, limits: Limits) -> None:
        self._sender = sender
        self._limits = limits
        self._recipients: list[Address] = []
        self._more_recipients = 0
        self._chunks: list[bytes] = []
        self._room = limits.message_bytes
        self._size = 0
        self._subjects = Subjects()
        self._seen: dict[str, int] = {}
        self._steering: list[tuple[str, int]] = []
        self._content: dict[str, bytes] = {}
        self._answers: set[str] = set()
        self._body_begun = False

    def recipient(self, address: Address) -> None:
        if len(self._recipients) < self._limits.recipients:
            self._recipients.append(address)
        else:
            self._more_recipients += 1

    def header(self, name: str, value: bytes) -> None:
        """A field; *value* with its leading blanks and with LF line ends."""
        lower = name.lower()
        self._seen[lower] = self._seen.get(lower, 0) + 1
        if headers.steers(lower) or headers.claims_smime(lower, value) or headers.hides_steering(value):
            self._steering.append((name, self._seen[lower]))
        elif lower in (_TYPE, _DISPOSITION):
            self._content.setdefault(lower, value)
        if lower == "subject":
            self._subjects.add(value)
        elif lower in _THREAD:
            self._answers.update(answered_domains(value))
        self._keep(b"%s:%s\r\n" % (name.encode("utf-8", "surrogateescape"), value.replace(b"\n", b"\r\n")))

    def body(self, chunk: bytes) -> None:
        if not self._body_begun:
            self._body_begun = True
            self._keep(b"\r\n")
        self._keep(chunk)

    def whole(self) -> Mail:
        """The message is complete. Once; the pieces are given away."""
        if not self._body_begun:
            self.body(b"")
        raw = b"".join(self._chunks)
        self._chunks.clear()  # a large message is in memory once, not twice
        return Mail(
            sender=self._sender,
            recipients=tuple(self._recipients),
            raw=raw,
            size=self._size,
            subjects=self._subjects.readable(),
            more_subjects=self._subjects.more,
            steering=tuple(self._steering),
            more_recipients=self._more_recipients,
            content=(self._content.get(_TYPE, b""), self._content.get(_DISPOSITION, b"")),
            answers=frozenset(self._answers),
        )

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._room >= len(piece):
            self._chunks.append(piece)
            self._room -= len(piece)
        elif self._room:
            self._chunks.append(piece[: self._room])
            self._room = 0
