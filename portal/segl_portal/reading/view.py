"""What a recipient sees of a message: the fields of its header, the body its sender meant to be read, and the
rest as files.

Which part is the body: of ``multipart/alternative`` the last that can be shown (RFC 2046 §5.1.4), of
``multipart/related`` the root with its pictures (RFC 2387), of every other multipart all texts that are not
sent as a file, one after the other. What is neither text shown nor a picture in it is a file, so nothing that
was sent is out of reach; and the whole message can be had as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from segl.mime.charset import readings
from segl_portal.reading.choosing import Chosen, choose
from segl_portal.reading.decoding import decoded_head
from segl_portal.reading.files import FilePart, file_part, picture_type
from segl_portal.reading.index import Index, Part
from segl_portal.reading.kinds import HEAD
from segl_portal.reading.opaque import opened
from segl_portal.reading.plain import LONGEST, plain_html, unflowed, words_of
from segl_portal.reading.sanitise import Clean, shows_nothing
from segl_portal.reading.shown import Mailbox, header_line, is_blank, mailboxes, message_date
from segl_portal.reading.source import Blocks, Source

_TEXT_BYTES: Final = 5_000_000  # of all texts together that are shown
_FOLDED: Final = "…"


class Note(StrEnum):
    """What the page should say beside the message."""

    ENCRYPTED = "encrypted"  # its sender encrypted it: it opens in the recipient's own mail program
    SIGNED = "signed"  # it bears a signature, which only the whole message (.eml) still proves
    SHORTENED = "shortened"  # the text was too long: the rest is in the whole message
    SIMPLIFIED = "simplified"  # its layout could not be made harmless: the words are shown
    TRUNCATED = "truncated"  # it has more parts than are listed


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as it is shown. ``html`` is harmless and stands in the frame's document
    (:func:`segl_portal.reading.frame.frame_document`); ``text`` is the same for who wants words only.
    ``pictures`` are the parts that the frame may ask for, ``blocked`` how many pictures on other servers were
    not asked for."""

    subject: str
    date: datetime | None
    sender: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    html: str
    text: str
    files: tuple[FilePart, ...]
    pictures: frozenset[int]
    blocked: int
    notes: frozenset[Note]


class Sanitiser(Protocol):
    """Makes HTML harmless within bounds of time and memory; ``None`` when it takes more."""

    def __call__(self, html: str, pictures: Mapping[str, str]) -> Clean | None: ...


def read_message(content: Source, sanitiser: Sanitiser, *, folded: str = _FOLDED) -> MessageView:
    """All that is shown of the message. *folded* stands on the handle of quoted text. Raises what reading
    *content* does, and nothing else whatever the message is."""
    content, found, was_signed = opened(Blocks(content))
    chosen = choose(found)
    chosen.signed |= was_signed
    body = _Body(content, found, sanitiser, folded)
    for part in chosen.body:
        body.show(part, chosen.instead)
    top = found.parts[0]
    return MessageView(
        subject=header_line(top.first("subject")),
        date=message_date(top.first("date")),
        sender=mailboxes(top.first("from")),
        to=mailboxes(top.first("to")),
        cc=mailboxes(top.first("cc")),
        html="".join(body.html),
        text="\n\n".join(body.text),
        files=_files(content, found, chosen, body.shown),
        pictures=frozenset(body.shown),
        blocked=body.blocked,
        notes=_notes(content, found, chosen) | body.notes,
    )


class _Body:
    """The pieces of the body as they are read."""

    def __init__(self, content: Source, found: Index, sanitiser: Sanitiser, folded: str) -> None:
        self.html: list[str] = []
        self.text: list[str] = []
        self.shown: set[int] = set()
        self.blocked = 0
        self.notes: frozenset[Note] = frozenset()
        self._content = content
        self._sanitiser = sanitiser
        self._folded = folded
        self._pictures = _pictures(content, found)
        # Of all texts together: what a page holds, however many they are.
        self._bytes_left = _TEXT_BYTES
        self._plain_left = LONGEST

    def show(self, part: Part, instead: Mapping[int, Part]) -> None:
        """*part*; when nothing of it can be shown, what there is *instead*; else its words, if it has any."""
        reading: Part | None = part
        while reading is not None:
            if self._add(reading, words_do=False):
                return
            reading = instead.get(reading.number)
        self._add(part, words_do=True)

    def _add(self, part: Part, *, words_do: bool) -> bool:
        """Whether something of it is seen. *words_do*: those of HTML of which nothing else can be shown."""
        text = self._read(part)
        if part.content_type == "text/html":
            return self._add_html(text, words_do=words_do)
        if is_blank(text):
            return False
        self._add_text(_joined(part, text))
        return True

    def _read(self, part: Part) -> str:
        """The text of *part*, as much of it as is shown."""
        most = self._bytes_left
        if part.content_type != "text/html":
            most = min(most, 4 * self._plain_left)  # a character has four bytes at most
        head = decoded_head(self._content, part, most + 1)
        if len(head) > most:
            self.notes |= {Note.SHORTENED}
        return readings(head[:most], part.kind.first("charset")).texts[0].replace("\0", "")

    def _add_html(self, html: str, *, words_do: bool) -> bool:
        words = words_of(html)
        addresses = {content_id: f"picture/{part.number}" for content_id, part in self._pictures.items()}
        clean = self._sanitiser(html, addresses)
        is_empty = clean is not None and shows_nothing(clean.html)
        if clean is not None and not words_do:
            self.blocked += clean.blocked
        if clean is None or is_empty:
            if (is_empty and not words_do) or is_blank(words):
                return False
            self.notes |= {Note.SIMPLIFIED}
            self._add_text(words)
            return True
        self._bytes_left -= min(len(html), self._bytes_left)
        self.html.append(f'<div class="piece">{clean.html}</div>')
        self.text.append(words[:LONGEST])
        self.shown |= {self._pictures[content_id].number for content_id in clean.shown}
        return True

    def _add_text(self, text: str) -> None:
        if len(text) > self._plain_left:
            self.notes |= {Note.SHORTENED}
        shown = text[: self._plain_left]
        if not shown:
            return
        self._plain_left -= len(shown)
        self._bytes_left -= min(len(shown), self._bytes_left)
        self.html.append(f'<div class="piece">{plain_html(shown, self._folded)}</div>')
        self.text.append(shown)


def _joined(part: Part, text: str) -> str:
    if part.kind.first("format").lower() != "flowed":
        return text
    return unflowed(text[: LONGEST + 1], del_sp=part.kind.first("delsp").lower() == "yes")


def _pictures(content: Source, found: Index) -> dict[str, Part]:
    """The pictures of the message by their content ids: those whose bytes are of a kind that is shown."""
    return {
        part.content_id.lower(): part
        for part in reversed(found.parts)  # of two with one id, the first
        if part.content_id and not part.is_multipart and picture_type(content, part)
    }


def _files(
    content: Source, found: Index, chosen: Chosen, shown: frozenset[int] | set[int]
) -> tuple[FilePart, ...]:
    return tuple(file_part(content, part) for part in chosen.files if part.number not in shown)


def _notes(content: Source, found: Index, chosen: Chosen) -> frozenset[Note]:
    notes: set[Note] = {Note.TRUNCATED} if found.truncated else set()
    if chosen.signed:
        notes.add(Note.SIGNED)
    if chosen.encrypted or any(_is_armoured(content, part) for part in chosen.body):
        notes.add(Note.ENCRYPTED)
    return frozenset(notes)


def _is_armoured(content: Source, part: Part) -> bool:
    return part.content_type == "text/plain" and b"-----BEGIN PGP MESSAGE-----" in decoded_head(
        content, part, HEAD
    )
