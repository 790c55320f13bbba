"""What the stages of the classifier hand to each other.

``parse`` turns bytes into a :class:`Message`, ``extract`` a message into :class:`Text`, the detectors
text into findings. Attachments are read by other processes: from there texts and gaps come as frames
(:mod:`.pool.wire`).
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from segl.mime import transfer
from segl.mime.transfer import Encoding
from segl.vocabulary import Finding, Prefix, Unreadable
from segl_classifier.latin import in_latin

# Soft hyphen, zero-width space, joiners, marks and isolates of direction, byte order mark: nobody sees them, and a
# word in pieces is none. The embeddings U+202A to U+202E stay: what they turn round is read as shown (`rendered.py`).
_SOFT_HYPHEN = "\u00ad"  # the only one of Latin-1
UNSEEN = (
    *(_SOFT_HYPHEN, "\u034f", "\u061c", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\ufeff"),
    *("\u2060", "\u2061", "\u2062", "\u2063", "\u2064", "\u2066", "\u2067", "\u2068", "\u2069"),
)
# Letters in another shape (in circles, two as one, wide, of mathematics): a reader sees letters, of which neither rules
# nor the linear stage know anything. Digits are left to who looks for numbers.
_SHAPED = re.compile("[\u24b6-\u24e9\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d6a5]++")
# Fonts of symbols have theirs in the private area, at 0xF000 more: the digits of Symbol, those of Wingdings in circles.
_OF_SYMBOLS = {0xF02D: "-"} | {
    first + digit: str(digit) for first in (0xF030, 0xF080, 0xF08B) for digit in range(10)
}
_ANY_OF_SYMBOLS = re.compile("[\uf02d\uf030-\uf039\uf080-\uf089\uf08b-\uf094]")
# Letters of other scripts that look like Latin ones, in a word that has Latin ones, too.
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u03bf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "aeopcyxijshdoABEKMHOPCTXIJSABEZHIKMNOPTYX",
)
_LATIN_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_ONE_ALIKE = "".join(map(chr, _ALIKE))
_PARTLY_LATIN = re.compile(
    f"(?<![{_ONE_ALIKE}])[{_ONE_ALIKE}]*+[{_LATIN_LETTER}][{_LATIN_LETTER}{_ONE_ALIKE}]*+"
)
_ANY_ALIKE = re.compile(f"[{_ONE_ALIKE}]")
# A letter in UTF-8 that some program before took for two of Windows-1252, or of Latin-1: "pÃ¥".
_MISREAD = re.compile("Ã[\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]")


class Source(StrEnum):
    """Where in a message a text stood. Detectors weigh them differently; ``where`` is for people."""

    SUBJECT = "subject"
    NAME = "name"  # display names of From, To, Cc, …
    FILENAME = "filename"
    BODY = "body"  # plain or HTML text that the recipient sees first
    ATTACHMENT = "attachment"
    SURROUND = "surround"  # preamble, epilogue, other headers: sent too, so read too


_NO_PROSE = frozenset((Source.SURROUND, Source.NAME))


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree (RFC 2045).

    ``where`` is a readable path, ``part 2 > bilag.eml > part 1``, digits masked; ``content_type`` is lower
    case, without parameters; ``charset`` is as declared, ``""`` when not; ``attached`` is true for a part
    that a mail program shows as a file. ``encoded`` are the bytes as they stand in the message (a view
    into it, never a copy) and ``encoding`` how they were encoded, so that a file nobody will read is not
    decoded; a member of an archive is its own bytes with no encoding. ``content_id`` is without angle
    brackets. ``depth`` counts the multiparts, messages and archives around the part.
    ``walked`` is false where the walk did not look into the part: MIME parts that stand in its text are still closed.
    """

    where: str
    content_type: str
    charset: str
    filename: str
    attached: bool
    encoded: bytes | memoryview
    encoding: Encoding = Encoding.NONE
    content_id: str = ""
    depth: int = 0
    walked: bool = True

    @property
    def is_file(self) -> bool:
        """Whether another program than that for mail opens it: attached, or shown in place under a name. So some mail
        programs (Apple's) send all files; bodies of letters have a name in very few."""
        return self.attached or bool(self.filename)

    @property
    def payload(self) -> bytes:
        """The content with its transfer encoding undone. Decoded at each call: ask once."""
        return transfer.decode(self.encoded, self.encoding)

    def head(self, size: int) -> bytes:
        """The first *size* bytes of the payload (or all, when it has fewer)."""
        return transfer.head(self.encoded, self.encoding, size)

    @property
    def size(self) -> int:
        """About how many bytes the payload has, known without decoding it."""
        return transfer.decoded_size(self.encoded, self.encoding)


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of readable text and where it stood. A ``remark`` is what a person wrote beside the parts (a comment, the
    title of the conversation, a line in front of the first part): some program shows it, so it is judged like them."""

    text: str
    where: str
    source: Source
    remark: bool = False

    @property
    def for_model(self) -> bool:
        """Whether the model is given it. What programs wrote (links, scripts, unknown fields) and names are no prose:
        there the words of the rules count as they do without a model."""
        return self.remark or self.source not in _NO_PROSE


@dataclass(frozen=True, slots=True)
class Message:
    """A parsed message. ``texts`` holds what the parse itself yields (subject, names, file names,
    preamble …); ``unread`` says what could not be parsed and why."""

    parts: tuple[Part, ...]
    texts: tuple[Text, ...]
    unread: tuple[Finding, ...] = ()


def unreadable(cause: Unreadable, where: str, detail: str = "") -> Finding:
    """The finding that says *where* was not read; *detail* is a fact such as a type or a size."""
    return Finding(rule=f"{Prefix.UNREADABLE}{cause}", label=None, where=where, excerpt=detail, score=1.0)


def as_seen(text: str) -> str:
    """*text* without the signs that show nothing, its letters in their usual shape."""
    if text.isascii():
        return text
    latin = in_latin(text) is not None
    for sign in (_SOFT_HYPHEN,) if latin else UNSEEN:
        if sign in text:
            text = text.replace(sign, "")
    if "Ã" in text:
        text = _MISREAD.sub(_read_right, text)
        latin = False
    if latin:
        return text
    if _ANY_ALIKE.search(text):
        text = _PARTLY_LATIN.sub(lambda word: word[0].translate(_ALIKE), text)
    if _ANY_OF_SYMBOLS.search(text):
        text = text.translate(_OF_SYMBOLS)
    return _SHAPED.sub(lambda letters: unicodedata.normalize("NFKC", letters[0]), text)


def _read_right(misread: re.Match[str]) -> str:
    for charset in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return misread[0].encode(charset).decode()
    return misread[0]


def name_as_seen(filename: str) -> str:
    """The name of a file, with what programs write for blanks and letters in an address ("%20") as what it is."""
    return as_seen(unquote(filename) if "%" in filename else filename)
