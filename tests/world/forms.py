"""Forms as browsers send them: ``multipart/form-data``, whole or in pieces, cut short or slow.

form = Form(csrf="…", once="…", text="Hej").with_file("brev.pdf", b"%PDF-1.7 …")
taken = await desk.take_answer(opened, form.stream(), form.content_type, is_ours)
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Self

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


class Gone(Exception):
    """What the web server raises when the browser goes away."""


@dataclass(frozen=True)
class Form:
    """The controls in the order of the page. A file's content may be pieces, so that a large one needs no room."""

    csrf: str = "right"
    once: str = field(default_factory=lambda: secrets.token_hex(16))
    text: str | None = "Tak for brevet."
    everyone: bool = False
    files: tuple[tuple[str, Iterable[bytes]], ...] = ()

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={BOUNDARY}"

    def with_file(self, name: str, *content: bytes) -> Self:
        return replace(self, files=(*self.files, (name, content)))

    def pieces(self) -> Iterator[bytes]:
        fields = {
            "csrf": self.csrf,
            "once": self.once,
            "text": self.text,
            "everyone": "1" if self.everyone else None,
        }
        for name, value in fields.items():
            if value is not None:
                yield _part(f'name="{name}"') + value.replace("\n", "\r\n").encode() + b"\r\n"
        for name, content in self.files:
            escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            yield _part(f'name="file"; filename="{escaped}"', "Content-Type: application/octet-stream")
            yield from content
            yield b"\r\n"
        yield f"--{BOUNDARY}--\r\n".encode()

    def whole(self) -> bytes:
        return b"".join(self.pieces())

    def stream(self, size: int = 65536) -> AsyncIterator[bytes]:
        return sent(self.whole(), size)


async def sent(data: bytes, size: int = 65536, *, cut: bool = False) -> AsyncIterator[bytes]:
    """*data* as a request's body in pieces of *size*; *cut*: then the browser is gone."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
        await asyncio.sleep(0)
    if cut:
        raise Gone
    yield b""  # as Starlette ends a body


async def flowing(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A body that is never whole in memory."""
    for piece in pieces:
        yield piece
        await asyncio.sleep(0)


def _part(disposition: str, *more: str) -> bytes:
    lines = (f"--{BOUNDARY}", f"Content-Disposition: form-data; {disposition}", *more, "", "")
    return "\r\n".join(lines).encode()
