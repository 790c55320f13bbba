"""Reads open messages for the pages: what is shown of one, and what is made from it."""

from __future__ import annotations

from collections.abc import Mapping

from segl.sealed.content import SealedContent
from segl_portal.catalogue import Texts
from segl_portal.reading.sanitise import sanitise
from segl_portal.reading.shown import safe_name
from segl_portal.reading.view import MessageView, read_message


class Reader:
    """Blocking. One for a process."""

    def read(self, content: SealedContent, t: Texts) -> MessageView:
        return read_message(content, sanitise, folded=t.quoted)

    def preview_pages(self, content: SealedContent, view: MessageView) -> Mapping[int, int]:
        return {}

    def preview(self, content: SealedContent, number: int, page: int) -> bytes | None:
        return None

    def pdf(self, content: SealedContent, t: Texts, house: str) -> bytes:
        raise NotImplementedError

    def file_name(self, content: SealedContent, t: Texts) -> str:
        """What the whole message may be called on a disk: its subject."""
        return safe_name(self.read(content, t).subject, t.file_name)
