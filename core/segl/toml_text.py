"""TOML that people write, read within bounds: the settings file and rule files.

:mod:`tomllib` takes time by the square of a key's parts, and raises what is no fault of TOML at numbers of thousands of
digits. Both are refused here as what they are.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

MOST_PARTS = 100  # of a key
_PART = r"(?:[\w-]++|\"[^\"\n]{0,200}+\"|'[^'\n]{0,200}+')"
_DEEP = re.compile(rf"(?<![\w.-])(?:{_PART}[ \t]*+\.[ \t]*+){{{MOST_PARTS}}}")
_LONG = re.compile(r"(?<!\w)\d[\d_]{4000,}")
_RANGE = range(-(2**63), 2**63)  # TOML 1.0, "Integer"


class TomlFault(ValueError):
    """What is wrong, where (a line, or the key), and what would be right."""

    def __init__(self, place: str, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.place = place
        self.problem = problem
        self.hint = hint


def parse(text: str) -> dict[str, Any]:
    """The document *text*. Raises :class:`TomlFault`, :class:`tomllib.TOMLDecodeError`, :class:`RecursionError`."""
    if deep := _DEEP.search(text):
        problem = f"has a key of more than {MOST_PARTS} parts"
        raise TomlFault(_line(text, deep.start()), problem, "no key has more than a few: look at its dots")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # int(), which takes 4,300 digits
        long = _LONG.search(text)
        raise _too_large(_line(text, long.start()) if long else "") from None
    _refuse_large(document)
    return document


def _refuse_large(document: dict[str, Any]) -> None:
    """Without recursion: brackets may stand in brackets."""
    left: list[tuple[str, Any]] = [("", document)]
    while left:
        place, value = left.pop()
        if isinstance(value, dict):
            left += ((f"{place}.{key}" if place else key, inside) for key, inside in value.items())
        elif isinstance(value, list):
            left += ((f"{place}.{number}", inside) for number, inside in enumerate(value, 1))
        elif isinstance(value, int) and value not in _RANGE:
            raise _too_large(place)


def _too_large(place: str) -> TomlFault:
    return TomlFault(place, "holds a number too large for TOML", "write one of at most 18 digits")


def _line(text: str, position: int) -> str:
    return f"line {text.count(chr(10), 0, position) + 1}"
