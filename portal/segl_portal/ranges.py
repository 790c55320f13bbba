"""A file is fetched on where it broke off (RFC 9110 §14): over a line that breaks every few minutes, 50 MB would never
come.

What is sealed never changes, so its place is tag enough for ``If-Range``. Of what browsers and their download managers
ask, one range is served; whatever else is asked gets the whole, as the standard allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

_ONE: Final = re.compile(r"bytes=(?:([0-9]{1,15})-([0-9]{0,15})|-([0-9]{1,15}))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be sent of *size* bytes: those from ``start`` up to ``end``, none where the range lies beyond all."""

    start: int
    end: int
    size: int
    is_part: bool = False

    @property
    def status(self) -> int:
        if not self.is_part:
            return 200
        return 206 if self.start < self.end else 416

    def headers(self, tag: str) -> Mapping[str, str]:
        found = {"Accept-Ranges": "bytes", "ETag": tag, "Content-Length": str(self.end - self.start)}
        if self.status == 206:
            found["Content-Range"] = f"bytes {self.start}-{self.end - 1}/{self.size}"
        elif self.status == 416:
            found["Content-Range"] = f"bytes */{self.size}"
        return found

    def of(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Its bytes, of those of the whole."""
        at = 0
        for chunk in chunks:
            piece = chunk[max(0, self.start - at) : max(0, self.end - at)]
            at += len(chunk)
            if piece:
                yield piece
            if at >= self.end:
                return


def span_of(headers: Headers, tag: str, size: int) -> Span:
    """What a GET with *headers* asks of *size* bytes that bear *tag*."""
    whole = Span(0, size, size)
    found = _ONE.fullmatch(headers.get("range", "").replace(" ", ""))
    if found is None or headers.get("if-range", tag) != tag:
        return whole
    first, last, suffix = found.groups()
    if suffix is not None:
        return Span(max(0, size - int(suffix)), size, size, is_part=True)
    start, end = int(first), min(size, int(last) + 1) if last else size
    if last and int(last) < int(first):
        return whole  # RFC 9110 §14.1.1: invalid, so as if it were not there
    return Span(start, max(start, end), size, is_part=True)
