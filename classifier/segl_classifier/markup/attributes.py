"""The attributes of one tag of HTML or XML, as they stand between its name and ``>``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl_classifier.markup.character_references import unescape_safely

_PAIR = re.compile(
    r"(?P<name>[^\s=/>\"']{1,80}+)\s{0,40}+=\s{0,40}+(?:\"(?P<double>[^\"]*+)\"?|'(?P<single>[^']*+)'?|(?P<bare>[^\s>]*+))"
)
# Attributes of XML that are no data: names of vocabularies, and how SVG draws.
_NO_DATA = re.compile(r"(?:xmlns|xsi:|(?:d|points|transform|viewBox|style|class)\Z)")
_SAYS = re.compile(r"[^\W\d_]{2}|\d[\d .-]{5}")  # a word, or what may be a number of somebody
_COLUMNS = re.compile(r"0*([1-9]\d?)\b")
_ROWS = re.compile(r"\s{0,40}\+?(0*+[0-9]{0,5})")
_REST, _MOST_ROWS, _DIGITS = 0, 65_534, 5  # a cell over no row is one over the rest


def pairs(attributes: str) -> Iterator[tuple[str, str]]:
    """Names as they are written, and values; without those that have none."""
    for pair in _PAIR.finditer(attributes):
        if value := pair["double"] or pair["single"] or pair["bare"]:
            yield pair["name"], value


def _value(attributes: str, name: str) -> str:
    """The value of the first attribute with this *name*, which stands in others, too: ``data-rowspan``."""
    if name not in attributes.lower():  # as in most cells
        return ""
    return next((value for other, value in pairs(attributes) if other.lower() == name), "")


def columns_spanned(attributes: str) -> int:
    """How many columns the cell takes."""
    found = _COLUMNS.match(_value(attributes, "colspan"))
    return int(found[1]) if found else 1


def rows_spanned(attributes: str) -> int:
    """How many rows the cell takes, those that its table lacks included (WHATWG HTML §4.9.11)."""
    found = _ROWS.match(_value(attributes, "rowspan"))
    if found is None or not found[1]:
        return 1
    rows = int(found[1][-_DIGITS:])
    return _MOST_ROWS if rows == _REST else min(rows, _MOST_ROWS)


def values_told(attributes: str) -> str:
    """What the attributes of an XML element say, one a line: many records hold their data there."""
    told = [
        f"{name}: {unescape_safely(value)}"
        for name, value in pairs(attributes)
        if _SAYS.search(value) and not _NO_DATA.match(name)
    ]
    return "\n".join(["", *told, ""])


def is_hidden(attributes: str) -> bool:
    """Whether they are those of a field that nobody sees. Of two types the first counts."""
    return next(
        (value.lower() == "hidden" for name, value in pairs(attributes) if name.lower() == "type"), False
    )
