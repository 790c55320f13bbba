"""Links of a stranger's message: where one really leads, and whether its reader sees that.

A link that does not say so has its target behind it. What a text says is believed only where a reader must see it, and
sees nothing else: ``ond.example bank.example`` may be pushed so far to one side that the second name alone is on the
screen, ``<mark>`` shows its words on whatever hides the others, and marks that turn the direction of reading make one
address of another. A name in letters that look like others (a Cyrillic a among Latin ones) is written as the domain
name system has it."""

from __future__ import annotations

import re
from html import unescape
from typing import Final
from urllib.parse import unquote, urlsplit

from segl_portal.reading.shown import one_line

LINK_REL: Final = "noopener noreferrer nofollow"
_LINK = re.compile(r"(?:https?://[^\s/?#]|mailto:[^\s@]|tel:[+\d])", re.IGNORECASE)
_HTTP = re.compile(r"https?:[^?#]*", re.IGNORECASE)
_NO_ADDRESS = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
# Written by nh3: attributes always in double quotes, and no "<" but before a tag.
_ANCHOR = re.compile(r'<a(?P<attributes>(?: [a-z-]+="[^"]*+")*+)>(?P<inside>.*?)</a>', re.DOTALL)
_HREF = re.compile(r' href="([^"]*+)"')
_TAG = re.compile(r"<[^<>]*+>")
_PLAIN_TAG = re.compile(r"</?(?!mark>)[a-z0-9]+>")  # it can neither hide its words nor bring them out
_MOST_TEXT = 2_000  # characters of a link's text with its tags; of a longer one nothing is believed
_MOST_SEEN = 200  # characters of what is read of it
_NAMES = re.compile(r"[\w.@+-]*\w\.\w[\w.-]*|\S+@\S+|\+?[\d ]{6,}")
_FAMILIAR = re.compile(r"[!-~\u00c0-\u00ff]*")  # letters of Western languages


def link_target(href: str) -> str:
    """What a link really leads to, in few words: the host, or the address; ``""`` when it is no link that is let
    through."""
    href = as_browsers_do(href)
    if len(href) > 4_000 or not _LINK.match(href):
        return ""
    scheme, _, rest = href.partition(":")
    if scheme.lower() in ("mailto", "tel"):
        return unquote(rest.partition("?")[0])[:200]
    try:
        return (urlsplit(href).hostname or "")[:253]
    except ValueError:
        return ""


def as_browsers_do(href: str) -> str:
    """*href* as browsers read it: without blanks, and with ``/`` for ``\\`` before the query (WHATWG URL, "special"
    schemes). ``https://a.example\\@b.example`` leads to a.example; by RFC 3986 it would lead to b.example."""
    href = squeezed(href)
    found = _HTTP.match(href)
    return found[0].replace("\\", "/") + href[found.end() :] if found else href


def squeezed(address: str) -> str:
    """*address* without the blanks and controls that browsers leave out."""
    return _NO_ADDRESS.sub("", address)


def with_targets(html: str) -> str:
    """*html*, which nh3 wrote, with the target of each link behind it unless its text says so."""
    return _ANCHOR.sub(_with_target, html)


def target_of(href: str, text: str) -> str:
    """What stands behind a link to *href* whose *text* is that address; ``""`` where its beginning says it."""
    target = link_target(href)
    return "" if not target or _says(text[:_MOST_SEEN], target.lower()) else _span(target)


def _with_target(link: re.Match[str]) -> str:
    href = _HREF.search(link["attributes"])
    if href is None:
        return link["inside"]
    target = link_target(unescape(href[1]))
    if not target or _is_told(link, target.lower()):
        return link[0]
    return link[0] + _span(target)


def _span(target: str) -> str:
    shown = _in_plain_letters(target).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<span class="target"> [{shown}]</span>'


def _in_plain_letters(target: str) -> str:
    """*target*, and a name of letters that may look like others as the domain name system has it (RFC 3492)."""
    if _FAMILIAR.fullmatch(target):
        return target
    local, at, host = target.rpartition("@")
    try:
        return local + at + host.encode("idna").decode("ascii")
    except UnicodeError:
        return target.encode("ascii", "backslashreplace").decode("ascii")


def _is_told(link: re.Match[str], target: str) -> bool:
    """Whether a reader sees *target* in the text of *link*. A style can hide words (``display:none``, ``font-size:0``):
    with one, or with tags that have attributes, only a text that is nothing but the target is believed."""
    inside = link["inside"]
    if len(inside) > _MOST_TEXT:
        return False
    said = unescape(_TAG.sub("", inside)).strip()
    if "<" not in _PLAIN_TAG.sub("", inside) and ' style="' not in link["attributes"]:
        return _says(said, target)
    bare = said.lower().removeprefix("http://").removeprefix("https://").removeprefix("www.").rstrip("/")
    return "<img" not in inside and bare == target.removeprefix("www.") and _says(said, target)


def _says(text: str, target: str) -> bool:
    """Whether the text of a link names its target, and no other."""
    text = " ".join(text.lower().split())
    if len(text) > _MOST_SEEN or one_line(text) != text or not _FAMILIAR.fullmatch(target):
        return False
    first = _NAMES.search(text)
    if first is None:
        return False
    name = first[0].strip(" .").removeprefix("www.")
    end = first.end() + len(text[first.end() :].partition(" ")[0])  # with its path
    if _NAMES.search(text[: first.start()] + text[end:]):
        return False
    return name == target.removeprefix("www.") or name.replace(" ", "") == target
