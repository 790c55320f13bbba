"""Plain text made readable: links that can be followed, earlier messages folded away, lines joined that a
program only broke (``format=flowed``, RFC 3676).

A link shows where it leads, since its text is its address; where that hides it (``https://bank.example@ond.example/``)
the host stands behind it. What is folded is not gone: ``<details>`` opens it without any script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import groupby
from typing import Final

from segl_portal.reading.links import LINK_REL, link_target, target_of

LONGEST: Final = 1_000_000  # characters
_FOLDED: Final = 4  # quoted lines in a row that are folded
_LINK = re.compile(
    r"\b(?P<link>https?://[^\s<>\"'\x00-\x1f]{1,2000}|www\.[\w-]{1,60}\.[^\s<>\"'\x00-\x1f]{1,500})"
    r"|(?P<mail>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,60}(?:\.[\w-]{1,60}){1,6})",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_QUOTED = re.compile(r" ?>")
_HIDDEN = re.compile(r"<(script|style|title)\b[^<>]{0,2000}>", re.IGNORECASE)
_HIDDEN_END = {
    name: re.compile(rf"</{name}\s{{0,20}}>", re.IGNORECASE) for name in ("script", "style", "title")
}
_NO_CHARACTER = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
_TAG = re.compile(r"<[^<>]{0,20000}>")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/h[1-6]|/li|/table|/blockquote)\b[^<>]{0,200}>", re.IGNORECASE)


def plain_html(text: str, folded: str) -> str:
    """*text* as HTML; *folded* is what stands on the handle of quoted text (``Vis tidligere besked``)."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    out: list[str] = []
    for quoted, run in groupby(text.split("\n"), lambda line: _QUOTED.match(line) is not None):
        lines = list(run)
        words = linked("\n".join(lines))
        html = f'<div class="text">{words}</div>'
        if quoted and len(lines) >= _FOLDED:
            html = f"<details><summary>{escape(folded)}</summary>{html}</details>"
        out.append(html)
    return "".join(out)


def linked(text: str) -> str:
    """*text* as HTML with its addresses as links."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    for found in _LINK.finditer(text):
        address = _without_tail(found[0])
        href = f"mailto:{address}" if found["mail"] else address
        if found["link"] and href[:4].lower() == "www.":
            href = f"http://{address}"
        if not link_target(href):
            continue
        yield escape(text[at : found.start()])
        yield f'<a href="{escape(href)}" target="_blank" rel="{LINK_REL}">{escape(address)}</a>'
        yield target_of(href, address)
        at = found.start() + len(address)
    yield escape(text[at:])


def _without_tail(address: str) -> str:
    """Without the marks that end a sentence rather than an address."""
    address = address.rstrip(".,;:!?*_'\u201d\u00bb")
    for opening, closing in ("()", "[]", "{}"):
        while address.endswith(closing) and address.count(closing) > address.count(opening):
            address = address[:-1].rstrip(".,;:!?")
    return address


def unflowed(text: str, *, del_sp: bool = False) -> str:
    """*text* of ``format=flowed`` with its soft line breaks taken out. *del_sp*: the blank goes with the break."""
    out: list[str] = []
    open_depth = -1  # of quoting, of a line that goes on; none goes on: -1
    for line in text.replace("\r\n", "\n").split("\n"):
        marks = len(line) - len(line.lstrip(">"))
        words = line[marks:].removeprefix(" ")
        joins = open_depth == marks and words != "-- "
        if joins:
            out.append(words)
        else:
            out.append(("\n" if out else "") + (f"{'>' * marks} {words}" if marks else words))
        flows = words.endswith(" ") and words != "-- "
        open_depth = marks if flows else -1
        if flows and del_sp:
            out[-1] = out[-1][:-1]
    return "".join(out)


def words_of(html: str) -> str:
    """The text of *html* without its tags, for where it cannot be shown as what it is. To be shown as text only:
    this makes nothing harmless."""
    text = _TAG.sub(" ", _BREAK.sub("\n", _without_hidden(html)))
    text = unescape(_NO_CHARACTER.sub("\ufffd", text))  # which converts any number of digits
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n\n".join("\n".join(run) for empty, run in groupby(lines, lambda line: not line) if not empty)


def _without_hidden(html: str) -> str:
    """Without scripts and style sheets; one that never ends takes only its tag."""
    out: list[str] = []
    at = 0
    for opened in _HIDDEN.finditer(html):
        if opened.start() < at:
            continue
        ended = _HIDDEN_END[opened[1].lower()].search(html, opened.end())
        if ended is None:
            break
        out.append(html[at : opened.start()])
        at = ended.end()
    return " ".join([*out, html[at:]])
