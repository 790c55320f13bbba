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
from segl.settings.detection import Limits
from segl.smime_types import is_smime
from segl.subject_tags import LONGEST
from segl.vocabulary import Envelope
from segl_milter.dsn import parameter
from segl_milter.in_hand import InHand, NoRoom, Share

_TYPE, _DISPOSITION = "content-type", "content-disposition"
_THREAD = frozenset({"in-reply-to", "references"})
MOST_SUBJECTS: Final = 20  # fields looked at; a message has one (RFC 5322 section 3.6)
# Fields that must come off, of which it is noted where they stand. No program writes more than a handful; a
# message with more is refused (:func:`segl_milter.modifications.costs_too_much`).
MOST_STEERING: Final = 1_000
# Bytes of memory that a piece takes beside its own; with the name of a field that is met for the first time.
_PIECE, _NAME = 50, 250


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
    number among the fields of that name, each header field that must come off, :data:`MOST_STEERING` at most, and
    ``more_steering`` counts the rest. ``header_lines`` is how long the header is, in lines. ``content`` are the values
    of ``Content-Type`` and ``Content-Disposition``. ``answers`` are the domains of the portal's answers
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
    more_steering: int = 0
    header_lines: int = 0
    content: tuple[bytes, bytes] = (b"", b"")
    answers: frozenset[str] = frozenset()

    @property
    def is_smime(self) -> bool:
        """Whether it is encrypted, signed or compressed as a whole. Found out when it is asked."""
        return is_smime(*self.content)

    @property
    def forged(self) -> int:
        """How many header fields must come off."""
        return len(self.steering) + self.more_steering

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


def _said_size(sender: Address) -> int:
    """How large the client says the message is (RFC 1870), 0 when it does not. Large ones that come at once then wait
    for each other before they begin, not in their midst."""
    said = parameter("SIZE", sender.parameters)
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 20 else 0


class Transaction:
    """Collects one message between MAIL and the end of its data."""

    __slots__ = (
        "_answers",
        "_body_begun",
        "_chunks",
        "_content",
        "_expected",
        "_header_lines",
        "_limits",
        "_more_recipients",
        "_more_steering",
        "_recipients",
        "_room",
        "_seen",
        "_sender",
        "_share",
        "_size",
        "_spare",
        "_steering",
        "_subjects",
        "_turned_away",
    )

    def __init__(self, sender: Address, limits: Limits, share: Share | None = None) -> None:
        """*share* is what the message may hold; without it there is no bound but *limits*."""
        self._share = share or InHand().share()
        self._spare = 0  # of what it holds, what is not used yet
        self._expected = min(_said_size(sender), limits.message_bytes)
        self._turned_away = False
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
        self._more_steering = 0
        self._header_lines = 0
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
        if self._turned_away:
            return
        lower = name.lower()
        self._seen[lower] = number = self._seen.get(lower, 0) + 1
        if headers.steers(lower) or headers.claims_smime(lower, value) or headers.hides_steering(value):
            self._note_steering(name, number)
        elif lower in (_TYPE, _DISPOSITION):
            self._content.setdefault(lower, value)
        if lower == "subject":
            self._subjects.add(value)
        elif lower in _THREAD:
            self._answers.update(answered_domains(value))
        self._header_lines += value.count(b"\n") + 1
        piece = b"%s:%s\r\n" % (name.encode("utf-8", "surrogateescape"), value.replace(b"\n", b"\r\n"))
        self._keep(piece, _PIECE if number > 1 else _NAME)

    def _note_steering(self, name: str, number: int) -> None:
        if len(self._steering) < MOST_STEERING:
            self._steering.append((name, number))
        else:
            self._more_steering += 1

    def body(self, chunk: bytes) -> None:
        if not self._body_begun:
            self._body_begun = True
            self._keep(b"\r\n")
        self._keep(chunk)

    def whole(self) -> Mail:
        """The message is complete. Once; the pieces are given away. Raises :class:`NoRoom`."""
        if not self._body_begun:
            self.body(b"")
        if self._turned_away:
            raise NoRoom("later", "the worker holds as much mail as it may (milter.bytes_in_flight)")
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
            more_steering=self._more_steering,
            header_lines=self._header_lines,
            more_recipients=self._more_recipients,
            content=(self._content.get(_TYPE, b""), self._content.get(_DISPOSITION, b"")),
            answers=frozenset(self._answers),
        )

    def _keep(self, piece: bytes, beside: int = _PIECE) -> None:
        """Keep *piece*, as much of it as there is room for, and *beside* it something of that many bytes."""
        size = len(piece)
        self._size += size
        if size > self._room:
            size = self._room
            piece = piece[:size]
        wanted = size + beside
        if wanted > self._spare and not self._take_more(wanted):
            return
        self._spare -= wanted
        if size:
            self._chunks.append(piece)
            self._room -= size

    def _take_more(self, wanted: int) -> bool:
        """Whether there is room; where there is not, nothing is kept, so that there is for others."""
        if self._turned_away:
            return False
        more = self._share.more(max(wanted - self._spare, self._expected))
        self._expected = 0
        self._spare += more
        if not more:
            self._turned_away = True
            self._spare = 0
            self._chunks.clear()
            self._seen.clear()
            self._share.give_back()
        return bool(more)
