"""Reads open messages for the pages: what is shown of one, and what is made from it.

Whatever a stranger wrote is worked on in processes that are shut in (:mod:`segl_portal.reading.renderer`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

from segl.mime.fields import read_block
from segl.sealed.content import SealedContent
from segl_portal.catalogue import Texts
from segl_portal.reading import making
from segl_portal.reading.index import HEADER_BYTES
from segl_portal.reading.renderer import Renderer
from segl_portal.reading.sanitise import Clean
from segl_portal.reading.shown import Mailbox, header_line, safe_name
from segl_portal.reading.view import MessageView, Sanitiser, read_message

# For the HTML of one message, of however many parts: a proxy between us waits for a minute, and so do people.
_SANITISE_SECONDS: Final = 8.0
_PRINTED_ADDRESSES: Final = 50
_PRINTED_FILES: Final = 100  # names of files that are printed: a layout of thousands takes minutes


class Reader:
    """Blocking. One for a process."""

    def __init__(self, renderer: Renderer, clock: Callable[[], float] = time.monotonic) -> None:
        self._renderer = renderer
        self._clock = clock

    def read(self, content: SealedContent, t: Texts) -> MessageView:
        return read_message(content, self._for_a_while(), folded=t.quoted)

    def _for_a_while(self) -> Sanitiser:
        """What makes HTML harmless until the time for one message is over; who asks then is told that it takes more
        than it may."""
        end = self._clock() + _SANITISE_SECONDS

        def sanitise(html: str, pictures: Mapping[str, str]) -> Clean | None:
            return self._renderer.sanitise(html, pictures) if self._clock() < end else None

        return sanitise

    def preview_pages(self, content: SealedContent, view: MessageView) -> Mapping[int, int]:
        """How many pages of each file can be looked at."""
        return making.preview_pages(content, view.files, self._renderer, clock=self._clock)

    def preview(self, content: SealedContent, number: int, page: int) -> bytes | None:
        """A page of a file as PNG; ``None`` when it has none that can be shown."""
        return making.preview(content, number, page, self._renderer)

    def pdf(self, content: SealedContent, t: Texts, house: str) -> bytes | None:
        """The message as PDF, under the name of its sender's *house*; ``None`` when that takes more than it may."""
        view = self.read(content, t)
        return making.message_pdf(
            content,
            view,
            self._renderer,
            house=house,
            title=view.subject or t.no_subject,
            rows=tuple(_rows(view, t)),
            language=t.language,
            notes=t.notes,
        )

    def file_name(self, content: SealedContent, t: Texts) -> str:
        """What the whole message may be called on a disk: its subject."""
        block = read_block(content.read(0, HEADER_BYTES), 0, HEADER_BYTES, HEADER_BYTES)
        subject = next((value for name, value in block.fields if name == "subject"), "")
        return safe_name(header_line(subject), t.file_name)


def _rows(view: MessageView, t: Texts) -> Iterable[tuple[str, str]]:
    sent: datetime | None = view.date.astimezone() if view.date else None
    for name, value in (
        (t.from_, _people(view.sender)),
        (t.to, _people(view.to)),
        (t.copy, _people(view.cc)),
        (t.sent, t.time(sent) if sent else ""),
        (t.files, _first([file.name for file in view.files], _PRINTED_FILES)),
    ):
        if value:
            yield name, value


def _people(boxes: tuple[Mailbox, ...]) -> str:
    shown = (
        f"{box.name} <{box.address}>" if box.name and box.address else box.name or box.address
        for box in boxes
    )
    return _first(list(shown), _PRINTED_ADDRESSES)


def _first(names: list[str], most: int) -> str:
    """The first *most* of them, and how many there are more."""
    more = f" (+ {len(names) - most})" if len(names) > most else ""
    return ", ".join(names[:most]) + more
