"""Parameters of Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183, RFC 2231).

``text/plain; charset="utf-8"; name=brev.txt``. RFC 2231 lets a value be cut in numbered pieces
(``name*0``, ``name*1``) and percent-coded with a charset (``name*=utf-8''%C3%A6.txt``); many programs use
encoded words here instead, which the standard forbids. The reader below takes all of these, missing
semicolons and quotes too, and keeps every value when a name is given twice: which one a mail program
shows is its secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from segl.mime.charset import decode_text
from segl.mime.encoded_words import decode_header
from segl.mime.fields import past_comments

_SHORT = 60  # characters of a field that is kept in mind
LONGEST = 20_000  # characters of a field that are looked at for parameters

# A value is quoted, or reaches to the next ";" or to a blank with "name=" behind it (a lost semicolon).
# Runs of blanks are bounded: time stays linear whatever the field holds.
_PARAMETER = re.compile(
    r"[;\s]\s{0,40}+(?P<name>[^\s;=\"]{1,60}(?:\s{1,9}+\*)?)\s{0,40}+=\s{0,40}+"
    r"(?:\"(?P<quoted>(?:[^\"\\]|\\.)*+)(?:\"|\Z)|(?P<bare>(?:(?!\s[\w*-]{1,60}=(?!\?))[^;])*+))",
    re.DOTALL,
)
_TYPE = re.compile(r"\s*\"?([\w!#$&^.+-]{1,80})\s*/\s*([\w!#$&^.+-]{1,80})")
_COMMENT = re.compile(r"\([^()\"]*\)")
_NUMBERED = re.compile(r"(?P<base>[^*]+)(?:\*(?P<number>\d{1,4}))?(?P<coded>\*)?")
_ESCAPED = re.compile(r"\\([\"\\])")
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_TOKEN_END = re.compile(r"[\s(]")


@dataclass(frozen=True, slots=True)
class Parameters:
    """``value`` is the first token in lower case (``text/html``, ``attachment``; ``""`` when there is
    none); ``given`` are (name, decoded value) in order, names in lower case, repeats kept."""

    value: str
    given: tuple[tuple[str, str], ...]

    def all(self, *names: str) -> list[str]:
        """Every different value of these names, in the order of *names*."""
        found = [value for name in names for key, value in self.given if key == name]
        return list(dict.fromkeys(found))

    def first(self, name: str) -> str:
        return next((value for key, value in self.given if key == name), "")


def read_parameters(header: str, words: Callable[[str], str] = decode_header) -> Parameters:
    """A Content-Type or Content-Disposition value, as Latin-1; no more than ``LONGEST`` characters of it.
    Never raises. A ``boundary`` is left undecoded, since it is compared with raw bytes. *words* decodes
    encoded words (:func:`~segl.mime.encoded_words.decode_header`, or ``shown_header``)."""
    if len(header) <= _SHORT and "name" not in header.lower():
        return _read_short(header)
    return _read(header[:LONGEST], words)


def _read(header: str, words: Callable[[str], str] = decode_header) -> Parameters:
    header = past_comments(header) if "(" in header else header
    head, semicolon, rest = header.partition(";")
    kind = _TYPE.match(_COMMENT.sub("", head)) if "(" in head else _TYPE.match(head)
    value = f"{kind[1]}/{kind[2]}".lower() if kind else head.strip().strip('"').lower()[:80]
    # "text/html charset=utf-8": what follows the type may hold parameters as well.
    tail = semicolon + rest if "=" not in head else header if not kind else header[kind.end() :]
    return Parameters(value, tuple(_given(tail, words)))


# The same few types and charsets stand in nearly every message. Names of files are not kept in mind.
_read_short = lru_cache(maxsize=256)(_read)


def _given(tail: str, words: Callable[[str], str]) -> list[tuple[str, str]]:
    if "=" not in tail:
        return []
    given: list[tuple[str, str]] = []
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(" " + tail):
        name = "".join(found["name"].lower().split())  # some take "filename *=" for "filename*="
        quoted = found["quoted"]
        raw = _ESCAPED.sub(r"\1", quoted) if quoted is not None else found["bare"].strip().strip("'\"")
        if "*" not in name:
            if name == "boundary":
                given += ((name, way) for way in _boundaries(found, raw))
            else:
                given.append((name, words(raw)))
                if "\\" in raw:  # of a path a part, to others a sign that is not shown
                    given.append((name, words(_PAIR.sub(r"\1", quoted if quoted is not None else raw))))
        elif parts := _NUMBERED.fullmatch(name):
            number = int(parts["number"] or 0)
            pieces.setdefault(parts["base"], []).append((number, bool(parts["coded"]), raw))
    # RFC 2231 values first: where both forms stand, they are what a modern program shows.
    return [(name, _joined(parts, words)) for name, parts in pieces.items()] + given


def _boundaries(found: re.Match[str], raw: str) -> Iterator[str]:
    """Each boundary that may be meant, the likeliest (*raw*) first. Some programs take a backslash off whatever it
    stands before, and end a value without quotes at a blank or a comment; by the standard single quotes are part of
    it."""
    yield raw
    yield raw.partition("\0")[0]
    if found["quoted"] is not None:
        yield _PAIR.sub(r"\1", found["quoted"])
    else:
        bare = found["bare"].strip()
        yield bare
        yield _TOKEN_END.split(bare, maxsplit=1)[0]


def _joined(pieces: list[tuple[int, bool, str]], words: Callable[[str], str]) -> str:
    """The pieces of one RFC 2231 value. Bytes are put together before they are decoded, as a piece may
    end inside a character."""
    charset, data = "", b""
    for index, (_, coded, raw) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        text = raw
        if coded and index == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        piece = text.encode("latin-1")
        data += unquote_to_bytes(piece) if coded else piece
    text = decode_text(data, charset)
    return words(text) if "=?" in text and text.isascii() else text
