"""Property lists of Apple's programs in their binary form: addresses of pages (``.webloc``), pages saved by Safari
(``.webarchive``), settings.

A list is a tree of texts, numbers, days and bytes, each behind its key. Bytes are files: in a saved page its parts, of
the type that stands beside them. In XML it is read as any XML.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from datetime import datetime

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest

TYPE = "application/x-plist"
_MOST = 200_000  # values, those said twice counted twice
_BYTES, _KIND = "WebResourceData", "WebResourceMIMEType"


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The texts and files in a binary property list."""
    harvest = Harvest(allowance)
    try:
        tree: object = plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    except (plistlib.InvalidFileException, ValueError, OverflowError, RecursionError, KeyError, IndexError):
        harvest.lack(Unreadable.DAMAGED, TYPE)
        return harvest.content()
    lines: list[str] = []
    left = allowance.chars
    for count, (key, value, kind) in enumerate(_values(tree)):
        if count >= _MOST or left < 0:
            harvest.overflow()
            break
        if isinstance(value, bytes):
            harvest.file("", kind, value)
        else:
            lines.append(f"{key}: {value}" if key else str(value))
            left -= len(lines[-1])
    harvest.lines(lines, "property list")
    return harvest.content()


def _values(tree: object) -> Iterator[tuple[str, object, str]]:
    """All values in *tree* in order, each with its key and, of bytes, their type. Containers that are there more than
    once, as a list may say, are told once."""
    seen: set[int] = set()
    waiting: list[tuple[str, object, str]] = [("", tree, "")]
    while waiting:
        key, value, kind = waiting.pop()
        if isinstance(value, dict | list):
            if id(value) in seen:
                continue
            seen.add(id(value))
        if isinstance(value, dict):
            of = value.get(_KIND)
            known = of.lower() if isinstance(of, str) and of.isascii() else ""
            inner = [(str(name), each, known if name == _BYTES else "") for name, each in value.items()]
            waiting += reversed(inner)
        elif isinstance(value, list):
            waiting += [(key, each, "") for each in reversed(value)]
        elif isinstance(value, str | bytes | int | float | datetime) and not isinstance(value, bool):
            yield key, value, kind
