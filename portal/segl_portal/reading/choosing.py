"""Which parts of a message are its body, which are files, and which are neither."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from segl.smime_types import CMS_TYPES, SIGNATURE_TYPES
from segl_portal.reading.index import Index, Part

_SHOWN: Final = frozenset({"text/plain", "text/html", "text/enriched"})
_SIGNATURES: Final = SIGNATURE_TYPES | {"application/pgp-signature"}
_MOST: Final = 50  # texts of one message that are shown one after the other; others are files


@dataclass(slots=True)
class Chosen:
    """``body`` are the texts to show, in order; ``files`` everything else a person may want. A detached
    signature is neither: it proves something only of the message as a whole. One that lies beside a file, of which it
    is, is a file. ``instead`` has for the number of a text another reading of it, for when nothing of that can be
    shown."""

    body: list[Part] = field(default_factory=list)
    instead: dict[int, Part] = field(default_factory=dict)
    files: list[Part] = field(default_factory=list)
    signed: bool = False
    encrypted: bool = False


def choose(index: Index) -> Chosen:
    """Sort the parts of a message."""
    chosen = Chosen()
    sorter = _Sorter(index, chosen)
    sorter.sort(index.parts[0])
    chosen.files.sort(key=lambda part: part.number)
    return chosen


class _Sorter:
    def __init__(self, index: Index, chosen: Chosen) -> None:
        self._index = index
        self._chosen = chosen
        self._children: dict[int, list[Part]] = {}
        for part in index.parts:
            if part.parent is not None:
                self._children.setdefault(part.parent, []).append(part)

    def sort(self, part: Part) -> None:
        """Put *part* and all in it where it belongs. Depth is bounded by the index."""
        if not part.is_multipart:
            self._leaf(part)
            return
        children = self._children.get(part.number, [])
        match part.content_type:
            case "multipart/alternative":
                self._alternative(children)
            case "multipart/related":
                self._related(part, children)
            case "multipart/signed":
                self._chosen.signed = True
                self._all(children)
            case "multipart/encrypted":
                self._chosen.encrypted = True
                self._chosen.files += [child for child in children if not child.is_multipart]
            case _:
                self._all(children)

    def _all(self, children: list[Part]) -> None:
        for child in children:
            self.sort(child)

    def _leaf(self, part: Part) -> None:
        if part.content_type in _SIGNATURES and self._is_in_signed(part):
            self._chosen.signed = True
        elif _is_shown(part) and len(self._chosen.body) < _MOST:
            self._chosen.body.append(part)
        else:
            if part.content_type in CMS_TYPES and part.parent is None:
                self._chosen.encrypted = part.kind.first("smime-type").lower() != "signed-data"
                self._chosen.signed = not self._chosen.encrypted
            self._chosen.files.append(part)

    def _alternative(self, children: list[Part]) -> None:
        """The last that can be shown is what its sender liked best. Of the others those are files that are no
        text: an invitation beside its description."""
        shown = [child for child in reversed(children) if self._can_be_shown(child)]
        best = shown[0] if shown else None
        for child in children:
            if child is best:
                before = len(self._chosen.body)
                self.sort(child)
                self._note_others(self._chosen.body[before:], shown[1:])
            elif child.content_type not in _SHOWN or not _is_shown(child):
                self._as_files(child)

    def _note_others(self, body: list[Part], others: list[Part]) -> None:
        """Of a text that stands alone, the other readings, the better one first."""
        readings = [*body, *(other for other in others if not other.is_multipart)] if len(body) == 1 else []
        for text, other in pairwise(readings):
            self._chosen.instead[text.number] = other

    def _is_in_signed(self, part: Part) -> bool:
        return part.parent is not None and self._index.parts[part.parent].content_type == "multipart/signed"

    def _related(self, part: Part, children: list[Part]) -> None:
        """The root is named by ``start``, else the first (RFC 2387 §3.2)."""
        start = part.kind.first("start").strip("<> ")
        roots = [child for child in children if start and child.content_id == start]
        root = next(iter(roots or children), None)
        for child in children:
            if child is root:
                self.sort(child)
            elif child.is_multipart:
                self._as_files(child)
            else:
                self._chosen.files.append(child)

    def _as_files(self, part: Part) -> None:
        """All leaves inside as files, but for texts that are another reading of what is shown."""
        if not part.is_multipart:
            self._chosen.files.append(part)
            return
        for child in self._children.get(part.number, []):
            if child.is_multipart or not _is_shown(child):
                self._as_files(child)

    def _can_be_shown(self, part: Part) -> bool:
        if not part.is_multipart:
            return _is_shown(part)
        return any(self._can_be_shown(child) for child in self._children.get(part.number, []))


def _is_shown(part: Part) -> bool:
    """Whether a leaf is text to be shown where it stands. A text with a name that is not sent as a file is
    shown, too: some programs name every part."""
    if part.content_type not in _SHOWN or part.placed.value == "attachment":
        return False
    return not part.filename or part.placed.value == "inline" or part.parent is None
