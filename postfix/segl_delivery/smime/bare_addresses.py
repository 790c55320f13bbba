"""An address field as it stands outside an envelope: addresses, and hardly a name.

Names beside addresses are words: what an address book calls somebody (``"Jens Hansen, Børnepsykiatrisk"``), what a list
is called (``Sygemeldte: a@…, b@…;``), a comment, a personal number. What programs read as an address is kept, whatever
surrounds it, and nothing else. The names stand inside, where RFC 9788 looks for them; to leave them out here is what it
calls ``hcp_shy``.

The author's own name is what he goes by to everybody, and by it the reader knows who wrote: it stays where it is a name
and nothing more, and has too few digits for a personal number.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Final

from segl.mail.fields import LINE_END, Field, canonical, ended
from segl.mail.paths import is_plain

_OF_AUTHOR: Final = frozenset({"from", "sender"})
_OF_RECIPIENTS: Final = frozenset({"to", "cc"})
_NOBODY: Final = b"undisclosed-recipients:;"
_LONGEST_NAME: Final = 100  # characters, decoded
_FEWEST_DIGITS: Final = 6  # with fewer no personal number is found (segl_classifier.cpr)
_LONGEST_FIELD: Final = 8192  # bytes, of one that may keep its name
# RFC 5322 §3.4, without comments.
_MAILBOX = re.compile(r'(?P<name>"(?:[^"\\]|\\.)*+"|[^"<>(),:;@\\\[\]]*+)\s*+<(?P<address>[^<>\s]{1,254})>')
_ENDS = re.compile("([,;:])")
_ANGLE = re.compile("<([^<>]*)>")
_OPENS = re.compile('["(]')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')
_IN_COMMENT = re.compile(r"\\.|[()]")


def bare(field: Field) -> bytes | None:
    """*field* with bare addresses; ``None`` when there are none. Recipients none of whom is named are undisclosed."""
    if field.name in _OF_AUTHOR and _is_one_name(field.value):
        return canonical(ended(field.raw))
    name = field.raw.split(b":", 1)[0].strip()
    if found := addresses_in(field.value.decode("utf-8", "replace")):
        return name + b": " + ",\r\n ".join(found).encode() + LINE_END
    return name + b": " + _NOBODY + LINE_END if field.name in _OF_RECIPIENTS else None


def addresses_in(value: str) -> list[str]:
    """The plain addresses of an unfolded field, each once. What looks like one in a name or a comment is none."""
    found: list[str] = []
    pieces = _ENDS.split(_without_words(value))
    for piece, end in zip(pieces[::2], [*pieces[1::2], ","], strict=True):
        if "<" in piece:
            words = " ".join(_ANGLE.findall(piece) or [piece.rpartition("<")[2]]).split()
            found += filter(is_plain, words)
        elif end != ":":  # else the name of a group
            plain = [word for word in piece.replace(">", " ").split() if is_plain(word)]
            found += plain if len(plain) == 1 else []
    return list(dict.fromkeys(found))


def _without_words(value: str) -> str:
    """*value* without quoted strings and comments. What is opened and not closed is neither."""
    parts: list[str] = []
    done = 0
    while opened := _OPENS.search(value, done):
        start = opened.start()
        end = _end_of_quoted(value, start) if opened[0] == '"' else _end_of_comment(value, start)
        if end < 0:
            break
        parts.append(value[done:start])
        done = end
    return " ".join((*parts, value[done:]))


def _end_of_quoted(value: str, start: int) -> int:
    found = _QUOTED.match(value, start)
    return found.end() if found else -1


def _end_of_comment(value: str, start: int) -> int:
    depth = 0
    for sign in _IN_COMMENT.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if not depth:
            return sign.end()
    return -1


def _is_one_name(value: bytes) -> bool:
    """Whether the field is one mailbox, and its name a name that can be read and can hold no number."""
    try:
        text = value.decode("utf-8") if len(value) <= _LONGEST_FIELD else ""
        found = _MAILBOX.fullmatch(text)
        if found is None:
            return is_plain(text)
        name = str(make_header(decode_header(found["name"])))
    except (UnicodeDecodeError, HeaderParseError, LookupError, ValueError):
        return False
    few = sum(char.isnumeric() for char in name) < _FEWEST_DIGITS
    return few and is_plain(found["address"]) and len(name) <= _LONGEST_NAME and name.isprintable()
