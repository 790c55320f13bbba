"""Which pages of two versions of a PDF are the same, told by the objects that they are made of, without reading them.

A page is an object that names others (ISO 32000-1 §7.7.3): what is drawn, its fonts, its pictures, which name others in
turn. A version saved behind another keeps the numbers of all objects that it does not change. So two pages are the same
when all objects they lead to are, by number and by bytes; also those that the nodes above the page hand down to it.
Notes and fields are left aside, since they are read by other means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

from segl_classifier.formats.pdf.copy import Copy

_REFERENCE = re.compile(rb"(\d{1,10}) \d{1,5} R\b")
_ABOVE = re.compile(rb"/Parent (\d{1,10}) \d{1,5} R\b")
_NOTES = re.compile(rb"/Annots ?(?:\[[^\[\]<>]*\]|\d{1,10} \d{1,5} R\b)")
_KIDS = re.compile(rb"/Kids ?(?:\[([^\[\]]*)\]|(\d{1,10}) \d{1,5} R\b)")
_COUNT = re.compile(rb"/Count \d{1,10}")
_PAGES = re.compile(rb"/Pages (\d{1,10}) \d{1,5} R\b")
_MOST_NODES = 20_000
_LONGEST = 100_000  # bytes of what nodes hand down
_MOST_STEPS = 2_000_000  # from object to object, for all pages of a version
_DIGEST = 16  # bytes


def marks_of_pages(copy: Copy) -> list[bytes] | None:
    """A mark of each page of *copy*, in their order: pages with the same mark are the same. None, or another number of
    marks than there are pages, where that cannot be told."""
    return _Marks(copy).of_pages()


class _Marks:
    def __init__(self, copy: Copy) -> None:
        self._copy = copy
        self._objects = copy.objects()
        self._digests: dict[int, bytes] = {}
        self._named: dict[int, list[int]] = {}
        self._nodes: set[int] = set()  # of the tree of pages
        self._steps = _MOST_STEPS

    def of_pages(self) -> list[bytes] | None:
        root = self._objects.get(self._copy.root, b"")
        begin = _PAGES.search(root)
        if begin is None:
            return None
        pages = list(self._pages(int(begin[1])))
        marks: list[bytes] = []
        for number, handed_down in pages:
            marks.append(self._mark(number, handed_down))
            if self._steps <= 0:
                return None
        return marks if len(self._nodes) < _MOST_NODES else None

    def _pages(self, root: int) -> Iterator[tuple[int, bytes]]:
        """The pages below the node *root*, each with what the nodes above it say."""
        waiting = [(root, b"")]
        while waiting and len(self._nodes) < _MOST_NODES:
            number, above = waiting.pop()
            if number in self._nodes:
                continue  # a page that stands in the tree twice is counted, and then nothing is told
            self._nodes.add(number)
            body = self._objects.get(number, b"")
            kids = _KIDS.search(body)
            if kids is None:
                yield number, above
                continue
            listed = kids[1] if kids[1] is not None else self._objects.get(int(kids[2]), b"")
            own = _ABOVE.sub(b"", _COUNT.sub(b"", body[: kids.start()] + body[kids.end() :]))
            below = above + own
            if len(below) > _LONGEST:
                return  # fewer pages than there are, and then nothing is told
            waiting += [(int(kid), below) for kid in reversed(_REFERENCE.findall(listed))]

    def _mark(self, page: int, handed_down: bytes) -> bytes:
        body = _NOTES.sub(b"", _ABOVE.sub(b"", self._objects.get(page, b""))) + b"\n" + handed_down
        seen = {page}
        waiting = list(map(int, _REFERENCE.findall(body)))
        while waiting and self._steps > 0:
            number = waiting.pop()
            self._steps -= 1
            if number in seen or number in self._nodes:
                continue
            seen.add(number)
            waiting += self._names(number)
        mark = blake2b(body, digest_size=_DIGEST)
        for number in sorted(seen - {page}):
            mark.update(b"%d " % number + self._digest(number))
        return mark.digest()

    def _names(self, number: int) -> list[int]:
        """The objects that an object names."""
        known = self._named.get(number)
        if known is None:
            known = self._named[number] = list(map(int, _REFERENCE.findall(self._objects.get(number, b""))))
        return known

    def _digest(self, number: int) -> bytes:
        known = self._digests.get(number)
        if known is None:
            digest = blake2b(self._objects.get(number, b""), digest_size=_DIGEST)
            digest.update(self._copy.packed(number))
            known = self._digests[number] = digest.digest()
        return known
