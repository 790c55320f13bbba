"""HTML of a stranger made harmless: an allow-list of elements, attributes and values (nh3, that is ammonia).

nh3 parses as browsers do and writes out what it understood, so nothing depends on how a broken tag is read.
What remains can neither run, fetch, submit, nor reach out of the frame it is shown in; what stands around it
(a strict policy, a sandboxed frame) would hold even if this did not.

Pictures: ``cid:`` ones of this message become addresses of the portal, those that stand in the text itself as
``data:`` stay when their bytes are those of a picture, and all others, above all those on other servers, lose
their address and are counted: to fetch one would tell its server that, when and where the message was
read."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final
from urllib.parse import unquote

import nh3

from segl.mime.sniff import signature
from segl_portal.reading.css import fetches, harmless
from segl_portal.reading.links import LINK_REL, as_browsers_do, link_target, squeezed, with_targets
from segl_portal.reading.shown import is_blank

LONGEST: Final = 5_000_000  # characters
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # what is shown: no SVG

_TAGS = set(
    """
    a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn
    div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p
    pre q s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var
    wbr
    """.split()
)
# Elements whose text is no text of the message. Of others that are taken out, forms' fields among them, it stays.
_WITH_CONTENT = set(
    """
    script style title head template iframe embed applet svg math audio video canvas noembed
    noframes datalist frameset
    """.split()
)
_TABLE = {"align", "valign", "bgcolor", "width", "height", "border", "cellpadding", "cellspacing", "nowrap"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": _TABLE,
    "tr": _TABLE,
    "td": _TABLE | {"colspan", "rowspan"},
    "th": _TABLE | {"colspan", "rowspan", "scope", "abbr"},
    "tbody": _TABLE,
    "thead": _TABLE,
    "tfoot": _TABLE,
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value", "type"},
    "hr": {"width", "size", "color"},
}
_SIZE = re.compile(r"\s*(\d{1,4})(?:\.\d{1,4})?\s*(%|px)?\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?\d{1,6}\s*", re.ASCII)
_WORD = re.compile(r"\s*#?[\w ,.-]{1,100}\s*", re.ASCII)
_DATA = re.compile(r"data:image/[a-z]{3,5};base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_NUMBERS = frozenset("span start value border cellpadding cellspacing".split())
_WORDS = frozenset("align valign bgcolor color face size dir lang nowrap scope type".split())
# Written by nh3: attributes always in double quotes, and no "<" but before a tag.
_TAG = re.compile(r"<[^<>]*+>")
_PICTURE = re.compile(r'<img(?: [a-z-]+="[^"]*+")*? (?:src|alt)="[^"]')


@dataclass(frozen=True, slots=True)
class Clean:
    """Harmless HTML, a fragment. ``blocked`` pictures have lost their address; ``shown`` are the content ids
    of those of the message that the text shows."""

    html: str
    blocked: int = 0
    shown: frozenset[str] = frozenset()


def sanitise(html: str, pictures: Mapping[str, str]) -> Clean:
    """*html* harmless; *pictures* gives the address of each picture of the message by its content id (lower
    case). May take time beyond measure for text that was made for it: run where it can be ended
    (:mod:`segl_portal.reading.renderer`)."""
    judge = _Judge(pictures)
    cleaned = nh3.clean(
        html[:LONGEST],
        tags=_TAGS,
        clean_content_tags=_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=judge.attribute,
        strip_comments=True,
        link_rel=LINK_REL,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Clean(with_targets(cleaned), judge.blocked, frozenset(judge.shown))


def shows_nothing(html: str) -> bool:
    """Whether there is neither a word nor a picture in *html*, which :func:`sanitise` made."""
    return not _PICTURE.search(html) and is_blank(unescape(_TAG.sub("", html)))


class _Judge:
    """What nh3 asks about each attribute that the lists let through."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        self.blocked = 0
        self.shown: set[str] = set()
        self._pictures = pictures

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        """The value that stays, or ``None``."""
        if name == "href":
            return as_browsers_do(value) if link_target(value) else None
        if name == "src":
            return self._picture(value)
        if name == "style":
            self.blocked += fetches(value)
            return harmless(value) or None
        return _rule_for(name)(value)

    def _picture(self, value: str) -> str | None:
        address = squeezed(value)
        if address[:4].lower() == "cid:":
            content_id = unquote(address[4:]).strip("<>").lower()
            if content_id in self._pictures:
                self.shown.add(content_id)
                return self._pictures[content_id]
        elif _is_picture(value):
            return address
        self.blocked += 1
        return None


def _is_picture(value: str) -> bool:
    """Whether *value* is a ``data:`` address of a picture, by its bytes."""
    found = _DATA.fullmatch(value.strip())
    if found is None:
        return False
    try:
        return signature(binascii.a2b_base64(found[1][:64])) in PICTURES
    except binascii.Error:
        return False


def _rule_for(name: str) -> Callable[[str], str | None]:
    if name in ("width", "height"):
        return _size
    if name in ("colspan", "rowspan"):
        return _span
    if name in _NUMBERS:
        return lambda value: value if _NUMBER.fullmatch(value) else None
    if name in _WORDS:
        return lambda value: value if _WORD.fullmatch(value) else None
    return lambda value: value[:500]  # alt, title, abbr


def _size(value: str) -> str | None:
    found = _SIZE.fullmatch(value)
    return f"{found[1]}{'%' if found[2] == '%' else ''}" if found and int(found[1]) <= 3_000 else None


def _span(value: str) -> str | None:
    """A cell may span some columns; a table of a hundred million cells is there to harm."""
    found = _NUMBER.fullmatch(value)
    return str(min(max(int(value), 1), 50)) if found else None
