"""An address field (RFC 5322 §3.4) divided into those it names, before anything in it is decoded.

In this order alone: ``=?utf-8?Q?Hansen=2C_B=C3=B8rge?= <bo@kunde.dk>`` is one person, and a name that is decoded first
gives away its comma, or an address of its own. What is written against the rules (``'bo@kunde.dk' <bo@kunde.dk>``,
``bo@kunde.dk <bo@kunde.dk>``) names whom people read in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|<[^<>]*+>?|\((?:[^()\\]|\\.)*+\)?|[,;:]|[^",;:<>()]++|[)>]', re.DOTALL
)
_ADDRESS: Final = re.compile(r"[^\s<>@,;:\"()]{1,200}@[^\s<>@,;:\"()]{1,255}")


@dataclass(frozen=True, slots=True)
class Named:
    """One of a field, undecoded: the ``words`` beside the ``address`` (quoted ones and comments with their signs). That
    is empty when none can be told."""

    words: tuple[str, ...]
    address: str


def named(value: str) -> Iterator[Named]:
    """Those in *value*, the members of groups among them."""
    words: list[str] = []
    angle = ""
    for piece in [*_TOKEN.findall(value), ","]:
        if piece in (",", ";"):
            if words or angle:
                yield _named(words, angle)
            words, angle = [], ""
        elif piece == ":":
            words = []  # the name of a group
        elif piece.startswith("<"):
            angle = piece.strip("<>")
        elif piece.strip() and piece not in (")", ">"):
            words.append(piece.strip())


def _named(words: list[str], angle: str) -> Named:
    bare = next((word for word in words if not angle and _ADDRESS.fullmatch(word)), "")
    return Named(tuple(word for word in words if word != bare), angle or bare)
