"""One attachment with everything inside it, read to the last member: what a worker process does.

The loop is the one that reads a message (:mod:`segl_classifier.extract`); only here the readers of file formats
are called, not asked for elsewhere. All files inside share one allowance of characters, files and bytes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Protocol

from segl.settings.detection import Limits
from segl.vocabulary import Finding, Unreadable
from segl_classifier import readers
from segl_classifier.extract import Extraction, Pictures, is_mislabelled
from segl_classifier.extracted import Extracted
from segl_classifier.formats import registry
from segl_classifier.formats.content import Allowance, Content, Inside, Lack
from segl_classifier.formats.kind import ENCRYPTED_OFFICE, kind_of
from segl_classifier.message import Part, Source, Text, as_seen, name_as_seen, unreadable
from segl_classifier.shown import shown_name


class Sink(Protocol):
    """Where texts and gaps go."""

    def text(self, text: Text) -> None: ...
    def unread(self, finding: Finding) -> None: ...
    def flush(self) -> None: ...


def unfold(
    part: Part, limits: Limits, sink: Sink, *, ocr_until: float = 0.0, ignore_pictures: bool = False
) -> None:
    """Read *part* and all that is in it into *sink*, which is flushed before each file inside. Pictures are
    read until *ocr_until* of the monotonic clock."""
    opener = _Opener(limits, ocr_until, ignore_pictures=ignore_pictures)
    work = Extraction(limits, files=opener.open, pictures=Pictures(ocr=ocr_until > 0, ignore=ignore_pictures))

    def hand_on() -> None:
        for text in work.texts:
            sink.text(text)
        for finding in work.unread:
            sink.unread(finding)
        work.texts.clear()
        work.unread.clear()

    def before_each() -> None:
        hand_on()
        sink.flush()

    work.run(deque([part]), before_each)
    hand_on()


class _Opener:
    """Opens files, one after another, until the allowance is used up."""

    def __init__(self, limits: Limits, ocr_until: float, *, ignore_pictures: bool) -> None:
        self._ignore_pictures = ignore_pictures
        self._chars = limits.text_chars
        self._files = limits.parts
        self._bytes = limits.unfolded_bytes
        self._ocr_until = ocr_until

    def open(self, part: Part, limits: Limits) -> Extracted:
        data = part.payload
        kind = kind_of(data, part.content_type or registry.type_by_name(part.filename))
        if kind == ENCRYPTED_OFFICE:
            return _lack(part, Unreadable.ENCRYPTED, "a password")
        if kind == "text/plain":  # whatever it says it is, programs will show it as what it is
            return readers.read_plain(replace(part, walked=False), limits)
        try:
            reader = registry.reader_for(kind)
        except ImportError:  # a library is not installed here
            reader = None
        if reader is None:
            name = shown_name(part.filename)
            return _lack(part, Unreadable.UNKNOWN_TYPE, f"{kind[:80]}, {name}" if name else kind[:80])
        content = reader(data, part.filename, self._allowance())
        if content == Content() and registry.is_never_empty(kind):
            return _lack(part, Unreadable.DAMAGED, f"{kind}: nothing was found in it")
        self._chars -= sum(len(passage.text) for passage in content.passages)
        self._files -= len(content.files)
        self._bytes -= sum(len(file.data) for file in content.files)
        if self._ignore_pictures and not (kind.startswith("image/") and is_mislabelled(part)):
            content = replace(content, lacks=tuple(lack for lack in content.lacks if not _of_picture(lack)))
        return _extracted(part, content, in_place=not registry.is_archive(kind))

    def _allowance(self) -> Allowance:
        return Allowance(
            chars=max(0, self._chars),
            files=max(0, self._files),
            bytes=max(0, self._bytes),
            ocr_until=self._ocr_until,
        )


def _of_picture(lack: Lack) -> bool:
    return lack.cause is Unreadable.UNKNOWN_TYPE and lack.detail.startswith(("image/", "scanned page"))


def _extracted(part: Part, content: Content, *, in_place: bool) -> Extracted:
    """*content* as texts, parts and findings at their places. Pictures in a document count as shown there."""
    source = Source.ATTACHMENT if part.attached else Source.BODY
    texts = [
        Text(as_seen(passage.text.replace("\0", "")), _place(part, passage.place), source)
        for passage in content.passages
        if passage.text.strip("\0 \t\r\n")
    ]
    parts = []
    for number, file in enumerate(content.files):
        inner = _inner(part, file, number)
        if file.name:
            texts.append(Text(name_as_seen(file.name), f"{inner.where} file name", Source.FILENAME))
        parts.append(inner)
    unread = [unreadable(lack.cause, part.where, lack.detail) for lack in content.lacks]
    shown = frozenset(inner.content_id for inner in parts if in_place)
    return Extracted(tuple(texts), tuple(parts), tuple(unread), shown)


def _inner(part: Part, file: Inside, number: int) -> Part:
    return Part(
        where=f"{part.where} > {shown_name(file.name) or 'inside file'}",
        content_type=file.content_type.lower(),
        charset="",
        filename=file.name,
        attached=True,
        encoded=file.data,
        content_id=f"{number}@{part.where}",
        depth=part.depth + 1,
        walked=False,
    )


def _place(part: Part, place: str) -> str:
    return f"{part.where}, {place}" if place else part.where


def _lack(part: Part, cause: Unreadable, detail: str) -> Extracted:
    return Extracted(unread=(unreadable(cause, part.where, detail),))
