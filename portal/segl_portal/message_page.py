"""What the page of an open message shows, in the reader's language: made from the message and its answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from segl_portal.answering import AnswerForm
from segl_portal.catalogue import Texts
from segl_portal.reading.files import FilePart
from segl_portal.reading.shown import Mailbox
from segl_portal.reading.view import MessageView, Note

PREVIEW_PAGES: Final = 10
_SHOWN_ADDRESSES: Final = 12
_SIGNATURE: Final = re.compile(r"\r?\n-- ?\r?\n")


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A line of the list of files."""

    number: int
    name: str
    facts: str
    pages: range


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """What the template fills in."""

    subject: str
    sender: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    more: Mapping[str, int]
    sent: str
    is_empty: bool
    notes: tuple[str, ...]
    files: tuple[ShownFile, ...]
    until: str


def shown_message(
    view: MessageView, t: Texts, *, created_at: float, expires_at: float, pages: Mapping[int, int]
) -> ShownMessage:
    """*pages* tells of how many pages a preview of each file has."""
    sent = view.date.astimezone() if view.date else datetime.fromtimestamp(created_at).astimezone()
    return ShownMessage(
        subject=view.subject or t.no_subject,
        sender=view.sender,
        to=view.to[:_SHOWN_ADDRESSES],
        cc=view.cc[:_SHOWN_ADDRESSES],
        more={
            "to": max(0, len(view.to) - _SHOWN_ADDRESSES),
            "cc": max(0, len(view.cc) - _SHOWN_ADDRESSES),
        },
        sent=t.time(sent),
        is_empty=not view.html.strip(),
        notes=tuple(_notes(view, t)),
        files=tuple(_file(file, t, pages.get(file.number, 0)) for file in view.files),
        until=t.day(datetime.fromtimestamp(expires_at).astimezone()),
    )


def _notes(view: MessageView, t: Texts) -> Iterable[str]:
    if view.blocked:
        yield t.remote_blocked
    for note in Note:
        if note in view.notes:
            yield t.notes[note.value]


def _file(file: FilePart, t: Texts, pages: int) -> ShownFile:
    shown = min(pages, PREVIEW_PAGES) if file.preview else 0
    facts = f"{t.kinds[file.kind.value]} · {t.size(file.size)}"
    return ShownFile(file.number, file.name, facts, range(1, shown + 1))


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One of the reader's own answers."""

    id: str
    time: str
    text: str
    files: tuple[str, ...]
    is_sent: bool


@dataclass(frozen=True, slots=True)
class AnswerBox:
    """The form for an answer; ``closed`` says in its place why there is none. The numbers are for the script, which
    says before anything is sent that it is too much."""

    once: str
    to: str
    others: str
    limits: str
    text_bytes: int
    files: int
    file_bytes: int
    all_bytes: int
    closed: str


def answer_box(form: AnswerForm, t: Texts) -> AnswerBox:
    return AnswerBox(
        once=form.once,
        to=t.answer_to.format(sender=", ".join(form.to)),
        others=t.answer_everyone.format(others=", ".join(form.others)) if form.others else "",
        limits=t.answer_limits.format(files=form.files, size=t.size(form.all_bytes)),
        text_bytes=form.text_bytes,
        files=form.files,
        file_bytes=form.file_bytes,
        all_bytes=form.all_bytes,
        closed=t.answer_refused[form.closed.value] if form.closed else "",
    )


def without_signature(text: str) -> str:
    """What the reader wrote, without what is said to the sender below it (RFC 3676 §4.3)."""
    *before, _ = _SIGNATURE.split(text) if _SIGNATURE.search(text) else (text, "")
    return "\n-- \n".join(before).rstrip()
