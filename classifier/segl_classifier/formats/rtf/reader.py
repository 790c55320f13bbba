r"""Rich Text Format (Microsoft, version 1.9.1): text with control words, ``{\rtf1\ansi Hej \b verden\b0\par}``.

A brace opens a group, which inherits what was set outside it; ``\name`` followed by a number is a control word, and
the blank after it belongs to it. A control word at the head of a group may make it a *destination*: a header,
a picture in hexadecimal, the table of fonts. Letters beyond ASCII come as ``\'e6`` in the code page of the font, or as
``\u230`` followed by a substitute for old programs, which is skipped. ``\bin`` is followed by bytes that are no text.

The text of destinations unknown here is read too, as beside the text: what is layout is named in ``_LAYOUT``. Deleted
text that is still in the file gives the paragraph twice, as it reads now and as it read before. A page (HTML) that is
packed into the text is read as one besides (:mod:`.page`).
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.rtf.state import PLACES, Destination, Group, RtfText

_TOKEN = re.compile(
    rb"\\(?:(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})? ?|'(?P<hex>[0-9a-fA-F]{2})|(?P<sign>[^a-zA-Z]))"
    rb"|(?P<open>\{)|(?P<close>\})|(?P<text>[^\\{}\r\n\0]+)"
)
_SIGNS = {
    b"~": "\xa0",
    b"_": "-",
    b"-": "",
    b"\n": "\n",
    b"\r": "\n",
    b"\\": "\\",
    b"{": "{",
    b"}": "}",
    b"\t": "\t",
}
_LETTERS = {
    "tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
# What holds of the letters behind it only.
_CHANGES = frozenset(("plain", "deleted", "v", "revised", "htmlrtf"))
_MOST_DEEP = 10_000
_PADDING, _UNEXPLAINED = b"\0\r\n\t \x1a}", 16  # behind the end
_HEAD = re.compile(rb"\s*\{\s*\\(?:rtf|urtf|pwd)")


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """All text of an RTF file, and the pictures and objects in it."""
    harvest = Harvest(allowance)
    data = data.removeprefix(BOM_UTF8)
    if not _HEAD.match(data[:100]):
        harvest.lack(Unreadable.DAMAGED, "not rich text")
        return harvest.content()
    _Reader(harvest).read(data)
    return harvest.content()


class _Reader:
    def __init__(self, harvest: Harvest) -> None:
        self._harvest = harvest
        self._text = RtfText(harvest)
        self._stack: list[Group] = []
        self._group = Group()
        self._skip = 0  # so many letters of a substitute are still to be passed over
        self._skip_to = 0

    def read(self, data: bytes) -> None:
        text = self._text
        for token in self._tokens(data):
            kind = token.lastgroup
            if kind == "text":
                self._characters(token["text"])
            elif kind == "open":
                if len(self._stack) >= _MOST_DEEP:
                    self._harvest.lack(Unreadable.DAMAGED, "groups without end")
                    break
                self._stack.append(self._group)
                self._group = self._group.inner()
                self._skip = 0
            elif kind == "close":
                if not self._stack:
                    break
                text.close(self._group)
                self._group = self._stack.pop()
                self._skip = 0
                if not self._stack:
                    self._behind(data[token.end() :])
                    break
            elif kind == "hex":
                self._characters(bytes.fromhex(token["hex"].decode()))
            elif kind == "sign":
                self._sign(token["sign"])
            else:
                self._control(token["word"].decode(), token["number"], token.end(), data)
            if text.full:
                break
        else:
            self._harvest.lack(Unreadable.DAMAGED, "rich text without its end")
        while self._stack:
            text.close(self._group)
            self._group = self._stack.pop()
        text.finish()

    def _behind(self, rest: bytes) -> None:
        """What stands behind the end is no part of the text, and may be a file."""
        if len(rest.strip(_PADDING)) > _UNEXPLAINED:
            self._harvest.file("behind the text", "", rest.lstrip(_PADDING))

    def _tokens(self, data: bytes) -> Iterator[re.Match[bytes]]:
        """The tokens of *data*, bytes that belong to ``\\bin`` passed over."""
        place = 0
        while True:
            self._skip_to = 0
            for token in _TOKEN.finditer(data, place):
                yield token
                if self._skip_to:
                    place = self._skip_to
                    break
            else:
                return

    def _characters(self, raw: bytes) -> None:
        if self._skip:
            dropped = min(self._skip, len(raw))
            self._skip -= dropped
            raw = raw[dropped:]
        if raw:
            self._text.raw(self._group, raw)

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._group.ignorable = True
        elif sign in _SIGNS:
            if self._skip:
                self._skip -= 1
            elif sign in b"\r\n":
                self._text.paragraph(self._group)
            else:
                self._text.put(self._group, _SIGNS[sign])

    def _control(self, word: str, digits: bytes | None, end: int, data: bytes) -> None:
        group, text = self._group, self._text
        number = int(digits) if digits is not None else None
        if word == "u" and number is not None:
            text.unicode(group, number)
            self._skip = group.substitutes
            return
        if word == "bin":
            size = max(0, number or 0)
            text.binary(group, data[end : end + size])
            self._skip_to = end + size
            return
        self._skip = 0
        if word in _LETTERS:
            text.put(group, _LETTERS[word])
        elif word in ("par", "page", "sect", "column"):
            text.paragraph(group)
        elif word in ("cell", "nestcell"):
            text.cell(group)
        elif word in ("row", "nestrow"):
            text.row(group)
        elif word in PLACES or group.ignorable:
            if group.fresh:
                text.open(group, word)
        else:
            self._set(word, number)
        group.fresh = False

    def _set(self, word: str, number: int | None) -> None:
        """Control words that set something for the rest of the group."""
        group, text = self._group, self._text
        if word in _CHANGES:
            text.settle(group)
        if word == "uc":
            group.substitutes = min(max(number or 0, 0), 20)
        elif word == "f" and number is not None:
            if group.destination is Destination.FONTS:
                text.font = number
            else:
                group.font = number
        elif word == "fcharset" and number is not None:
            text.font_charset(number)
        elif word == "ansicpg" and number is not None:
            text.code_page = number
        elif word == "mac":
            text.code_page = 10000
        elif word == "deff" and number is not None:
            group.font = number
        elif word == "intbl":
            text.in_table = True
        elif word == "pard":
            text.in_table = False
        elif word == "plain":
            group.deleted = group.added = group.hidden = False
        elif word == "deleted":
            group.deleted = number != 0
        elif word == "v":
            group.hidden = number != 0
        elif word == "revised":
            group.added = number != 0
        elif word == "htmlrtf":
            group.rich_only = number != 0
        elif word == "fromhtml":
            text.page.begun = True
