"""What is made from an open message: previews of its files, and all of it as PDF."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from segl_portal.reading.files import FilePart, open_file, open_picture
from segl_portal.reading.kinds import FileKind
from segl_portal.reading.paper import print_document
from segl_portal.reading.plain import plain_html
from segl_portal.reading.renderer import LARGEST_PREVIEWED, PRINT_SECONDS, Renderer
from segl_portal.reading.source import Source
from segl_portal.reading.view import MessageView, Note

# Of the files of a message all together, whose pages are counted before its page is shown: bytes, and seconds.
_COUNTED: Final = 10 * 1024 * 1024
_COUNTED_SECONDS: Final = 4.0
# Bytes of all pictures of a printed message: one that is shown many times is in the document as often.
_PRINTED_PICTURES: Final = 20 * 1024 * 1024
_WORDS: Final = 100_000  # characters that are printed when the layout takes too long
_WORDS_SECONDS: Final = 15.0
_PICTURE = re.compile(r'<img(?P<before>(?: [a-z-]+="[^"]*+")*?) src="picture/(?P<number>\d{1,4})"')


def preview(content: Source, number: int, page: int, renderer: Renderer) -> bytes | None:
    """A page of file *number*, from 1, as PNG; ``None`` when it cannot be shown. Raises what reading
    *content* does."""
    data = _previewed(content, number)
    return None if data is None else renderer.preview(data, page)


def preview_pages(
    content: Source,
    files: Sequence[FilePart],
    renderer: Renderer,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> dict[int, int]:
    """How many pages of each file can be looked at, by its number. A picture has one, without looking into
    it; of large files, and of many when they took long, one is offered without counting."""
    pages: dict[int, int] = {}
    left, end = _COUNTED, clock() + _COUNTED_SECONDS
    for file in files:
        if not file.preview or file.size > LARGEST_PREVIEWED:
            continue
        pages[file.number] = 1
        seconds = end - clock()
        if file.kind is not FileKind.PICTURE and file.size <= left and seconds > 0:
            left -= file.size
            data = _previewed(content, file.number)
            pages[file.number] = 0 if data is None else renderer.count_pages(data, seconds)
    return {number: count for number, count in pages.items() if count}


def message_pdf(
    content: Source,
    view: MessageView,
    renderer: Renderer,
    *,
    title: str,
    rows: Sequence[tuple[str, str]],
    house: str = "",
    language: str,
    notes: Mapping[str, str],
    seconds: float = PRINT_SECONDS,
) -> bytes | None:
    """The message as PDF, with *rows* (from, to, date, files, by their names) above its text. Where its
    layout takes more time than it may, its words; ``None`` when even they do. What is missing is told by the
    words of *notes*: whoever keeps the print may have nothing else of the message."""

    def document(body: str, told: frozenset[Note]) -> str:
        words = [notes[note] for note in Note if note in told]
        return print_document(title, rows, body, language, house, words)

    made = renderer.as_pdf(document(_with_pictures(content, view.html), view.notes), seconds)
    if made is None:
        told = view.notes | {Note.SIMPLIFIED} | ({Note.SHORTENED} if len(view.text) > _WORDS else set())
        made = renderer.as_pdf(document(plain_html(view.text[:_WORDS], ""), told), _WORDS_SECONDS)
    return made


def _previewed(content: Source, number: int) -> bytes | None:
    opened = open_file(content, number)
    if opened is None or not opened.file.preview or opened.file.size > LARGEST_PREVIEWED:
        return None
    return b"".join(opened.chunks())


def _with_pictures(content: Source, html: str) -> str:
    """*html* with the message's own pictures in it, since the printer fetches nothing."""
    left = _PRINTED_PICTURES
    seen: dict[str, tuple[int, str]] = {}

    def put(image: re.Match[str]) -> str:
        nonlocal left
        number = image["number"]
        if number not in seen:
            seen[number] = _in_text(content, int(number), left)
        size, data = seen[number]
        if not data or size > left:
            return f"<img{image['before']}"
        left -= size
        return f'<img{image["before"]} src="{data}"'

    return _PICTURE.sub(put, html)


def _in_text(content: Source, number: int, most: int) -> tuple[int, str]:
    """The size of picture *number*, and it itself as an address; ``""`` when it is none, or larger than *most*."""
    picture = open_picture(content, number)
    if picture is None or picture.size > most:
        return 0, ""
    data = b64encode(b"".join(picture.chunks())).decode()
    return picture.size, f"data:{picture.content_type};base64,{data}"
