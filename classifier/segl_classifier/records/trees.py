"""Data that programs exchange, as a tree: JSON (RFC 8259), also a value a line, and XML that is no page.

Both come to the same: a node has fields, and each field one value or several, which are texts or nodes again. What
is no such data, or is deeper than :data:`DEEPEST`, gives no tree, and of a large file only the beginning is in it: the
text is read elsewhere, whatever becomes of this.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import NamedTuple, Union

from segl_classifier.formats.xml.events import Attributes, NotXml, parse

DEEPEST = 40
_MOST = 50_000  # objects and elements: those behind are of the same kinds
TEXT = ""  # the field of what an element says beside its attributes

Value = Union[str, "Node"]


class Node(NamedTuple):
    """*fields* by name, in the order in which they came. A field with several values is a list."""

    fields: dict[str, list[Value]]

    def add(self, name: str, value: Value) -> None:
        self.fields.setdefault(name, []).append(value)


class _NoDataError(Exception):
    """The data are deeper than is read, or are a page."""


class _EnoughError(Exception):
    """So many elements were read."""


# ---------------------------------------------------------------- JSON


def of_json(text: str) -> Node | None:
    """The data in *text*; ``None`` if it is no JSON, or holds no objects."""
    bare = text.lstrip("\ufeff \t\r\n")
    if bare[:1] not in ("{", "["):
        return None
    try:
        reading = _Reading()
        root = Node({})
        for value in _values(bare):
            reading.add(root, TEXT, value, 0)
    except (ValueError, RecursionError, _NoDataError):
        return None
    return root if reading.objects else None


def _values(text: str) -> list[object]:
    """The values of *text*: one, or one a line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError as problem:
        if problem.msg != "Extra data":
            raise
        return [json.loads(line) for line in text.splitlines() if line.strip()]


class _Reading:
    """Counts the *objects* of one text."""

    __slots__ = ("objects",)

    def __init__(self) -> None:
        self.objects = 0

    def add(self, node: Node, name: str, value: object, depth: int) -> None:
        """Put what JSON has for *value* into *node*, as long as there is room."""
        if depth > DEEPEST:
            raise _NoDataError
        if isinstance(value, dict):
            self.objects += 1
            inner = Node({})
            for key, each in islice(value.items(), _MOST):
                self.add(inner, key, each, depth + 1)
            node.add(name, inner)
        elif isinstance(value, list):
            for each in value:
                if self.objects >= _MOST:
                    break
                self.add(node, name, each, depth + 1)
        elif isinstance(value, bool):
            node.add(name, str(value).lower())
        elif value is not None and value != "":
            node.add(name, str(value))


# ---------------------------------------------------------------- XML

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_PAGES = frozenset(("html", "svg", "workbook", "worddocument", "package"))  # which are read for what they are


def of_xml(markup: str) -> Node | None:
    """The data in *markup*; ``None`` if it is not well-formed, declares a document type, or is a page or an office
    program's file."""
    bare = _DECLARATION.sub("", markup.lstrip("\ufeff \t\r\n"), count=1)
    if not bare.lstrip().startswith("<"):
        return None
    builder = _Builder()
    try:
        parse((bare.encode("utf-8", "replace"),), builder.start, builder.end, builder.open_texts_add)
    except (NotXml, _NoDataError):
        return None
    except _EnoughError:
        builder.end_all()
    return builder.root


class _Builder:
    """Puts the tree together as elements begin and end."""

    __slots__ = ("_count", "_open", "_texts", "root")

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[tuple[str, Node]] = []
        self._texts: list[list[str]] = []
        self._count = 0

    def start(self, name: str, attributes: Attributes) -> None:
        self._count += 1
        bare = name.rpartition(":")[2].lower()
        if len(self._open) > DEEPEST or (not self._open and bare in _PAGES):
            raise _NoDataError
        if self._count > _MOST:
            raise _EnoughError
        node = Node({})
        for key, value in attributes.items():
            if value and not key.startswith(("xmlns", "xsi:")):
                node.add(key, value)
        self._open.append((name, node))
        self._texts.append([])

    def open_texts_add(self, text: str) -> None:
        self._texts[-1].append(text)

    def end(self, _name: str) -> None:
        (name, node), text = self._open.pop(), " ".join("".join(self._texts.pop()).split())
        if text:
            node.add(TEXT, text)
        value: Value = text if not node.fields or list(node.fields) == [TEXT] else node
        if not self._open:
            self.root = node
        elif value:
            self._open[-1][1].add(name, value)

    def end_all(self) -> None:
        """End what is begun, as if the document did."""
        while self._open:
            self.end("")
