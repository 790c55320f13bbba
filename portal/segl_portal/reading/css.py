"""The declarations of a ``style`` attribute that are let through: by property, and by the form of the value.

CSS can fetch (``url()``, ``image-set()``), lay one thing over another (``position``), and hide or repeat
text; an attribute selector can even read. Style sheets are taken out whole. Of attributes a declaration stays
when its property is in the list and its value is made of words, numbers, lengths, colours, and quoted font
names: no function but those of colours, no escape, no comment."""

from __future__ import annotations

import re
from typing import Final

_PROPERTIES: Final = frozenset(
    """
    color background-color font font-family font-size font-style font-variant font-weight line-height
    letter-spacing word-spacing text-align text-decoration text-decoration-line text-decoration-color
    text-decoration-style text-indent text-transform vertical-align white-space direction word-break
    overflow-wrap word-wrap width max-width min-width height max-height
    margin margin-top margin-right margin-bottom margin-left
    padding padding-top padding-right padding-bottom padding-left
    border border-top border-right border-bottom border-left border-color border-style border-width
    border-top-color border-top-style border-top-width border-right-color border-right-style
    border-right-width border-bottom-color border-bottom-style border-bottom-width border-left-color
    border-left-style border-left-width border-collapse border-spacing border-radius
    list-style-type table-layout caption-side display float clear
    """.split()
)
_COLOUR = r"(?:rgb|rgba|hsl|hsla)\([\d\s.,%/deg]{1,60}\)"
_VALUE = re.compile(rf"(?:{_COLOUR}|\"[\w\s.,+-]{{0,100}}\"|'[\w\s.,+-]{{0,100}}'|[\w\s.,%#+/-])+", re.ASCII)
_DISPLAYS = frozenset(
    "none block inline inline-block list-item table table-row table-cell inline-table table-row-group "
    "table-header-group table-footer-group table-column table-column-group table-caption".split()
)
_NUMBER = re.compile(r"-?\d*\.?\d+(?:[eE][+-]?\d{1,4})?")
_LONGEST = 8_000  # characters of one attribute
_MOST = 60  # declarations of one attribute
_LARGEST = 3_000  # of any number in a length: what is wider is there to harm
_BACKGROUND = re.compile(rf"\s*(#[0-9a-fA-F]{{3,8}}|[a-zA-Z]{{3,30}}|{_COLOUR})\s*")


def harmless(style: str) -> str:
    """The declarations of *style* that may stay; ``""`` when none may."""
    kept: list[str] = []
    for declaration in style[:_LONGEST].split(";")[:_MOST]:
        name, colon, value = declaration.partition(":")
        name, value = name.strip().lower(), _without_important(value.strip())
        if name == "background" and (colour := _BACKGROUND.fullmatch(value)):
            name, value = "background-color", colour[1]
        if colon and name in _PROPERTIES and _is_harmless(name, value):
            kept.append(f"{name}:{value}")
    return ";".join(kept)


def fetches(style: str) -> bool:
    """Whether *style* would fetch something."""
    lower = style[:_LONGEST].lower()
    return "url(" in lower or "image-set(" in lower or "\\" in lower


def _without_important(value: str) -> str:
    return re.sub(r"\s*!\s*important\s*\Z", "", value, flags=re.IGNORECASE)


def _is_harmless(name: str, value: str) -> bool:
    if not value or len(value) > 400 or not _VALUE.fullmatch(value):
        return False
    if name == "display":
        return value.lower() in _DISPLAYS
    if value.startswith("#") or "color" in name:
        return True
    numbers = [float(number) for number in _NUMBER.findall(re.sub(r"#[0-9a-fA-F]+", "", value))]
    # Nothing is moved out of its place: what is drawn over something else could pass for a part of it.
    return all(0 <= number <= _LARGEST for number in numbers)
