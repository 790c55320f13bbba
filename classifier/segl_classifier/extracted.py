"""What a reader gives, and the notebook it keeps while it reads one part.

:class:`Extracted` and :data:`Extractor` are the seam for every reader, those to come included. A reader
takes a :class:`.message.Part` and gives texts, parts found inside (which go through the registry of
:mod:`.extract` like any other), and what it could not read. It may raise: the caller turns that into the
finding ``unreadable.failed``. One that needs a library and a process of its own has the same signature;
it hands the worker ``part.payload``, never the part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from segl.mime import charset, sniff, transfer
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.vocabulary import Finding, Unreadable
from segl_classifier.layout.tidy import ways_of_separators
from segl_classifier.markup.html import read_html
from segl_classifier.markup.script_words import script_words
from segl_classifier.message import Part, Source, Text, as_seen, name_as_seen, unreadable
from segl_classifier.parsing.walk import quotes_encoded
from segl_classifier.shown import shown_name
from segl_classifier.written_in import files_in, readable, told, with_signs

_NOISE = 8  # so many control characters a text may hold without being called damaged …
_NOISE_SHARE = 100  # … or one in so many bytes, whichever is more
_BINARY_SHARE = 20  # one in so many is a control character: no text with escape sequences of a printer
_READABLE = re.compile(r"[\t -~æøåÆØÅäöüÄÖÜéÉß]{6,}")
_OF_TERMINALS = re.compile(r"\x1b\[[0-9;:]{0,20}[A-Za-z]|[^\x08\n]\x08")  # colours, letters struck over
_BYTES_PER_CHARACTER = 2  # Danish takes one, UTF-16 two
# How many encoded bytes may stand for one: "=C3=A6" and its soft line breaks take three and a little.
_WIDEST = {Encoding.BASE64: 2, Encoding.UU: 2, Encoding.QUOTED: 4}
# In the scripts of a page: fonts, and what says that a page decrypts itself, as those with a password do.
_FONT = re.compile(
    r"data:(?:font/|application/(?:x-)?font|application/vnd\.ms-fontobject)[^,]{0,100},[A-Za-z0-9+/=]++"
)
_DECRYPTS = re.compile(r"decrypt|crypto\.subtle|CryptoJS", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"\b[0-9a-f]{6000,}+|\b[0-9A-F]{6000,}+")
_UU_BEGIN = re.compile(rb"^begin(?P<base64>-base64)? [0-7]{3,4} (?P<name>[^\r\n]{1,200})\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one part gave. ``shown`` are the content ids of pictures that its text shows in place."""

    texts: tuple[Text, ...] = ()
    parts: tuple[Part, ...] = ()
    unread: tuple[Finding, ...] = ()
    shown: frozenset[str] = field(default=frozenset())


Extractor = Callable[[Part, Limits], Extracted]


class Notebook:
    """The texts and gaps of one part while it is being read. Equal texts are kept once."""

    def __init__(self, part: Part, limits: Limits) -> None:
        self._part = part
        self._limits = limits
        self._texts: dict[tuple[str, Source], Text] = {}
        self._parts: list[Part] = []
        self._unread: list[Finding] = []
        self._shown: set[str] = set()
        self._binary = False  # whether what is read now is no text at all
        self._written: set[bytes] = set()  # the text may be there in several readings

    def result(self) -> Extracted:
        texts = tuple(self._texts.values())
        return Extracted(texts, tuple(self._parts), tuple(self._unread), frozenset(self._shown))

    def readings(self) -> Iterator[tuple[str, bytes]]:
        """Every way in which the part's bytes are a text, each with its place. The declared way is
        always given, noise or not; another only if a text comes of it."""
        part = self._part
        most = self._limits.text_chars * _BYTES_PER_CHARACTER
        encoded = part.encoded[: most * _WIDEST.get(part.encoding, 1) + 1]
        if len(encoded) < len(part.encoded):
            self.lack(Unreadable.TOO_LARGE, f"{part.size} bytes of text")
        if part.encoding is Encoding.UNKNOWN:
            self.lack(Unreadable.UNKNOWN_TYPE, transfer.NO_SUCH_ENCODING)
        for number, way in enumerate(transfer.readings(encoded, part.encoding)):
            data = way
            if len(data) > most:
                self.lack(Unreadable.TOO_LARGE, f"{part.size} bytes of text")
                data = data[:most]
            noise = _is_noise(data, part.charset) or (
                number > 0 and charset.is_foreign(data, part.charset)  # decoded, though it was not encoded
            )
            self._binary = noise and _is_binary(data)
            if number == 0 and noise:
                self.lack(Unreadable.DAMAGED, f"{part.content_type or 'no type'}: not text")
            elif number and sniff.signature(data[: sniff.HEAD]):
                self._file("", "", data)  # a file whose encoding nobody declared
            if number == 0 or not noise:
                yield part.where if number == 0 else f"{part.where} (read otherwise)", data

    def decoded(self, data: bytes, second: str = "") -> tuple[str, ...]:
        """*data* as text in every plausible way, no more of it than is read at most. Of what is no text, which is told
        of, only what may be words or numbers."""
        found = charset.readings(data, self._part.charset, second)
        if found.unknown:
            self.lack(Unreadable.UNKNOWN_CHARSET, self._part.charset[:40] or "none is told")
        if self._binary:
            return ("\n".join(_READABLE.findall(_OF_TERMINALS.sub("", found.texts[0].replace("\0", "")))),)
        most = self._limits.text_chars
        if any(len(text) > most for text in found.texts):
            self.lack(Unreadable.TOO_LARGE, f"more than {most} characters of text")
        ways = (way for text in found.texts for way in ways_of_separators(text[:most]))
        return tuple(dict.fromkeys(ways))

    def text(self, text: str, where: str, source: Source | None = None) -> None:
        if "\0" in text:
            text = text.replace("\0", "")
        text = as_seen(text)
        source = source or source_of(self._part)
        if text and not text.isspace():
            self._texts.setdefault((text, source), Text(text, where, source))

    def page(self, markup: str, where: str, *, xml: bool = False) -> None:
        """The text of *markup*, what is sent beside it, and the files written into it."""
        page = read_html(markup.replace("\0", "") if "\0" in markup else markup, xml=xml)
        self.text(page.text, where)
        self.text(page.otherwise, f"{where} (as displayed)")
        self.text(page.spoken, f"{where} (spoken)")
        self.text(page.aside, f"{where} (not shown)", Source.SURROUND)
        if page.cut:
            self.lack(Unreadable.TOO_LARGE, "more generated content than is read")
        if page.scripts and self._part.is_file:
            self._of_scripts(page.scripts)
        self._shown |= page.shown
        for file in page.files[: self._limits.parts + 1]:  # one beyond, so that it is told of
            self.inline_file(file.content_type, file.content)

    def inside(self, data: bytes) -> None:
        """Files written into the text: uuencoded ones and quoted messages are opened, others told of.
        In a text without encoding that the walk saw, it has already opened the quoted messages."""
        seen = self._part.walked and self._part.encoding is Encoding.NONE
        if not seen and quotes_encoded(data, 0, len(data)):
            self._file("", "message/rfc822", data)
        for content_type in sniff.armoured(data):
            encrypted = content_type in ("application/pgp-encrypted", "application/pkcs7-mime")
            self.lack(Unreadable.ENCRYPTED if encrypted else Unreadable.UNKNOWN_TYPE, content_type)
        if b"\nbegin" not in data and not data.startswith(b"begin"):
            return
        position = 0
        while begin := _UU_BEGIN.search(data, position):
            content, position = _uu_content(data, begin)
            if content:
                self._file(charset.decode_text(begin["name"]).strip(), "", content)
                if not begin["base64"] and data[position - 1 : position] == b"\n" and position < len(data):
                    self.lack(Unreadable.DAMAGED, "a uuencoded file that does not end")

    def _of_scripts(self, scripts: str) -> None:
        """Open the files that *scripts* of a page hold as base64, fonts left out. What is nothing in particular may be
        a page that decrypts itself."""
        scripts = _FONT.sub(" ", scripts)
        for words in script_words(scripts):
            page = read_html(words)
            self.text(page.text, f"{self._part.where} (written by a script)", Source.SURROUND)
            self.text(page.aside, f"{self._part.where} (written by a script)", Source.SURROUND)
        dark = Unreadable.ENCRYPTED if _DECRYPTS.search(scripts) else Unreadable.UNKNOWN_TYPE
        self.written_in(scripts, dark)
        for run in islice(_HEXADECIMAL.finditer(scripts), 1):
            self.lack(dark, f"{len(run[0]) // 2} bytes written in as hexadecimal numbers")

    def written_in(self, text: str, dark: Unreadable = Unreadable.UNKNOWN_TYPE) -> str:
        """Open the files that stand in *text* as base64; *text* without them, and with what short values in it say.
        Only of files: in a letter nobody's program opens them. *dark*: why bytes of no known kind are not read."""
        if not self._part.is_file:
            return text
        signs = with_signs(text)
        files = list(islice(files_in(signs), self._limits.parts + 1))
        for file in files:
            if not file.content:
                self.lack(dark, f"{file.size} bytes written in as base64")
            elif file.content not in self._written:
                self._written.add(file.content)
                self.inline_file(file.content_type, file.content)
        return readable(signs, files) if files else told(text)

    def inline_file(self, content_type: str, content: bytes, filename: str = "") -> None:
        """A file that the text shows where it stands; mostly it has no name."""
        content_id = f"{len(self._parts) + 1}@{self._part.where}"
        self._shown.add(content_id)
        self._file(filename, content_type, content, content_id)

    def lack(self, cause: Unreadable, detail: str) -> None:
        """Tell what was not read; that the part is too large is told once."""
        finding = unreadable(cause, self._part.where, detail)
        if cause is Unreadable.TOO_LARGE and any(known.rule == finding.rule for known in self._unread):
            return
        if finding not in self._unread:
            self._unread.append(finding)

    def _file(self, filename: str, content_type: str, content: bytes, content_id: str = "") -> None:
        if len(self._parts) >= self._limits.parts:
            self.lack(Unreadable.TOO_MANY, f"more than {self._limits.parts} files in a text")
            return
        where = f"{self._part.where} > {shown_name(filename) or 'inline file'}"
        if filename:
            self.text(name_as_seen(filename), f"{where} file name", Source.FILENAME)
        file = replace(
            self._part,
            where=where,
            content_type=content_type,
            charset="",
            filename=filename,
            attached=True,
            encoded=content,
            encoding=Encoding.NONE,
            content_id=content_id,
            depth=self._part.depth + 1,
            walked=False,
        )
        self._parts.append(file)


def source_of(part: Part) -> Source:
    return Source.ATTACHMENT if part.attached else Source.BODY


def _is_noise(data: bytes, declared: str) -> bool:
    """Whether *data* holds more control characters than a text does. In charsets that have no ASCII the
    bytes tell nothing."""
    if sniff.noise(data) <= max(_NOISE, len(data) // _NOISE_SHARE):
        return False
    name = charset.codec_for(declared)
    return not name or charset.has_ascii(name)


def _is_binary(data: bytes) -> bool:
    """Whether so many characters of *data*, which is noise, are control characters as in a program or a picture."""
    return sniff.noise(data) * _BINARY_SHARE > len(data)


def _uu_content(data: bytes, begin: re.Match[bytes]) -> tuple[bytes, int]:
    """The file that *begin* begins, and where the text goes on behind it."""
    if not begin["base64"]:
        return transfer.uu_lines(data, begin.end())
    end = data.find(b"\n====", begin.end())
    stop = end if end >= 0 else len(data)
    return transfer.decode(data[begin.end() : stop], Encoding.BASE64), stop
