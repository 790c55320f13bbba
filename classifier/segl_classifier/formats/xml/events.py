"""XML as a stream of events, for the files that office programs write (Office Open XML, OpenDocument, XFA).

The parser is expat, which neither opens files nor asks the network. No office program writes a document type
definition, and every XML bomb needs one (entities that multiply, entities that name files): a part that has
one is not read at all. No tree is built: memory stays flat and nesting costs nothing but time.

What counts in a name is its local part (``w:t`` is ``t``): prefixes are free to choose, the strict and the
transitional forms of the standards differ in nothing but namespaces, and no two names that matter here clash.
The handlers get names as they stand, which is fastest, and take the prefix off with :class:`Names`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol
from xml.parsers import expat

Attributes = dict[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], object]
Characters = Callable[[str], None]


class Watcher(Protocol):
    """Looks at what is no text, whatever else is read of a part."""

    def element(self, attributes: Attributes, /) -> None: ...
    def markup(self, text: str, /) -> None: ...


class NotXml(ValueError):
    """The part is not well-formed or has a document type. What came before was read."""


class Names(dict[str, str]):
    """``names["w:t"]`` is ``t``. Remembers the names of one part, which are few."""

    def __missing__(self, name: str) -> str:
        found = name.rpartition(":")[2]
        if len(self) < 2_000:
            self[name] = found
        return found


def parse(
    chunks: Iterable[bytes], start: Start, end: End, characters: Characters, watch: Watcher | None = None
) -> None:
    """Read XML from *chunks*; *watch* sees the attributes of each element before *start* does, and the comments. Raises
    :class:`NotXml`, and whatever the handlers raise."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start if watch is None else _watched(start, watch)
    if watch is not None:
        parser.CommentHandler = watch.markup
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, UnicodeError):
        raise NotXml("not well-formed") from None


def _watched(start: Start, watch: Watcher) -> Start:
    look = watch.element

    def watched(name: str, attributes: Attributes) -> None:
        if attributes:
            look(attributes)
        start(name, attributes)

    return watched


def _refuse(*_: object) -> None:
    raise NotXml("has a document type")


def local(attributes: Attributes, name: str) -> str:
    """The value of the attribute *name*, whatever its prefix; ``""`` when there is none."""
    value = attributes.get(name)
    if value is not None:
        return value
    ending = f":{name}"
    return next((value for key, value in attributes.items() if key.endswith(ending)), "")
