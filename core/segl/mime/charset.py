"""Bytes to text: which characters did the sender's program mean?

A text part names its charset (RFC 2046 §4.1.2), and the name is missing, misspelt or wrong often enough.
The order here is that of the programs people read mail with: a byte order mark, then the declared
charset, then UTF-8 if the bytes are valid UTF-8 (other text practically never is), then Windows-1252, or a
code page of DOS or old Macs if more Danish letters come of that.
Nothing raises and no byte is dropped: one that fits nowhere becomes its Windows-1252 character, never
``U+FFFD``, so that a digit beside it is still found.

Some charsets do not contain ASCII as itself (UTF-7, UTF-16, EBCDIC, ISO-2022). There a wrong label hides
everything, so :func:`readings` gives the text both ways.
"""

from __future__ import annotations

import codecs
import re
import threading
from dataclasses import dataclass
from encodings.aliases import aliases
from functools import lru_cache

from segl.mime import ebcdic
from segl.mime.fields import past_comments

_ASCII = bytes(range(0x20, 0x7F))
_FALLBACK = "segl-cp1252"
_MAX_RESCUES = 2_000  # a text with more bytes that do not fit is not in that charset at all

# Windows-1252 with its five holes filled from Latin-1, so that it decodes every byte.
_CP1252 = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(256))

# Names Python does not know, or knows as something narrower than mail programs do (WHATWG Encoding).
_KNOWN_AS = {
    "latin-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "big5": "big5hkscs",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso8859-8",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-euc-jp": "euc_jp",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "iso-10646-ucs-2": "utf-16",
    "ucs-2": "utf-16",
    "ucs-4": "utf-32",
    "hz-gb-2312": "hz",
    "ebcdic-dk-no": "cp277",
    "ebcdic-cp-dk": "cp277",
    "ebcdic-cp-no": "cp277",
    "ebcdic-fi-se": "cp278",
    "ebcdic-cp-fi": "cp278",
    "ebcdic-cp-se": "cp278",
    "ebcdic-dk-277+euro": "cp1142",
    "ebcdic-no-277+euro": "cp1142",
    "ebcdic-fi-278+euro": "cp1143",
    "ebcdic-se-278+euro": "cp1143",
}
# What programs write when they do not know: the same as no charset.
_NO_NAME = frozenset(
    "us-ascii ascii ansi_x3.4-1968 iso-ir-6 unknown-8bit x-unknown unknown none default 8bit 7bit ansi null "
    "binary x-user-defined user-defined undefined utf-8mb4".split()
)
_MORE = (
    "cp720 cp737 cp856 cp874 cp875 cp1006 koi8_r koi8_t koi8_u utf_8_sig hz mac_arabic mac_farsi mac_romanian"
)
# Codecs of Python that are no charsets of any message.
_NO_CHARSET = frozenset(
    "base64_codec bz2_codec hex_codec quopri_codec rot_13 uu_codec zlib_codec idna punycode mbcs oem "
    "raw_unicode_escape unicode_escape undefined".split()
)
# A closed set: a name from a message never reaches Python's codec search, which imports modules by
# name and remembers each failure for ever.
_CODECS = (
    frozenset({*aliases.values(), *aliases, *_MORE.split(), *ebcdic.NAMES})
    - _NO_CHARSET
    - {alias for alias, codec in aliases.items() if codec in _NO_CHARSET}
)
_NUMBERED = re.compile(
    r"(?:iso[-_ ]?)?8859[-_ ]?(\d{1,2})(?!\d)|(?:windows|win|cp|(?:cs)?ibm|ccsid|x-cp)[-_ ]?0?(\d{3,4})(?!\d)"
)
_UTF = re.compile(r"utf[-_ ]?(8|7|16|32)([-_ ]?[lb]e)?(?![\dlb])")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """``texts`` are the plausible readings, the likeliest first; ``unknown`` is true when the charset is
    not one we know and the bytes do not speak for themselves, so that letters may be wrong."""

    texts: tuple[str, ...]
    unknown: bool = False


def decode_text(data: bytes, charset: str = "") -> str:
    """*data* as text, the likeliest reading. Never raises and drops no byte."""
    return readings(data, charset).texts[0]


def readings(data: bytes, charset: str = "", second: str = "") -> Decoded:
    """*data* as text in every plausible way. *second* is a charset named elsewhere (an HTML ``meta``),
    used when *charset* is missing, unknown or does not fit."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            rest, told = data[len(mark) :], codec_for(charset)
            otherwise = (_rescued(rest, told),) if name == "utf-8" and told and not has_ascii(told) else ()
            return Decoded((_rescued(rest, name), *otherwise, *_ascii_inside(data, name)))
    names = [name for name in (codec_for(charset), codec_for(second)) if name]
    strange = bool(charset.strip()) and codec_for(charset) is None
    for name in names:
        if not has_ascii(name):
            return _both_ways(data, name)
    if data.isascii():
        return Decoded(_ascii_readings(data))
    return _eight_bit(data, names, strange)


def codec_for(charset: str) -> str | None:
    """The Python codec for a declared *charset*; ``""`` when it says nothing, ``None`` when unknown."""
    return _codec_for(charset[:100].strip().strip("\"'").strip().lower())


@lru_cache(maxsize=512)
def _codec_for(name: str) -> str | None:
    name = past_comments(name)
    name = name.partition("(")[0].strip() or name
    name = name.removeprefix("charset=").strip("\"'")
    name = name.removeprefix("=").removeprefix("3d").strip("\"';, ")
    if not name or name in _NO_NAME:
        return ""
    if name in _KNOWN_AS:
        return _KNOWN_AS[name]
    plain = re.sub(r"[^a-z0-9.]+", "_", name).replace(".", "_")
    for known in (plain, plain.replace("_", ""), plain.removeprefix("x_")):
        if known in _CODECS:
            codec = aliases.get(known, known)
            if codec == "latin_1":
                return "cp1252"
            return codec.replace("_", "-") if codec.startswith("utf_") else codec
    if utf := _UTF.search(name):
        return f"utf-{utf[1]}{(utf[2] or '').replace('_', '-')}"
    if numbered := _NUMBERED.search(name):
        known = f"iso8859_{numbered[1]}" if numbered[1] else f"cp{numbered[2]}"
        if known == "iso8859_1":
            return "cp1252"
        return known if known in _CODECS else None
    return None


def _eight_bit(data: bytes, names: list[str], strange: bool) -> Decoded:
    """Bytes above ASCII in a charset that holds ASCII."""
    utf8 = _strict(data, "utf-8")
    if utf8 is None and _WESTERN.issuperset(names) and ebcdic.seems(data):
        return Decoded((_rescued(data, ebcdic.DANISH), _rescued(data, _FALLBACK)))
    if utf8 is None and _WESTERN.issuperset(names) and _is_foreign(data):
        strange, names = True, []
    for name in names:
        text = utf8 if name == "utf-8" else _strict(data, name)
        if text is None:
            continue
        if utf8 is None or text == utf8:
            return Decoded((text,))
        # Valid in both. In a one-byte charset everything is valid, so UTF-8 is what was meant; an
        # East Asian one may be right, and is read as well.
        return Decoded((utf8,) if _single_byte(name) else (text, utf8))
    if utf8 is not None:
        return Decoded((utf8,))
    likelier = _likelier(data)
    if not names and likelier == _FALLBACK and (other := _other_page(data)):
        return Decoded((_rescued(data, other), _rescued(data, _FALLBACK)), unknown=strange)
    text = _rescued(data, names[0] if names else likelier)
    guesses = _ascii_readings(data)[1:]
    return Decoded((text, *guesses), unknown=strange and not names)


def _both_ways(data: bytes, name: str) -> Decoded:
    """*data* in a charset in which ASCII is not ASCII: so decoded, and as if the label were wrong."""
    names = [name]
    shown = zero_pattern(data) if name.startswith(("utf-16", "utf-32")) else ""
    if name in ("utf-16", "utf-32"):  # no byte order told: big end first (RFC 2781 §4.3), or what is seen
        names = [shown] if shown else [f"{name}-be", f"{name}-le"]
    elif shown and shown != name:
        names.append(shown)
    # Real UTF-16 shows its zero bytes; read as ASCII it would only repeat what was found.
    if not shown:
        names.append(_likelier(data))
    return Decoded(tuple(dict.fromkeys(_rescued(data, each) for each in names)))


def zero_pattern(data: bytes) -> str:
    """``utf-16-le``, ``utf-16-be``, ``utf-32-le`` or ``utf-32-be`` when the zero bytes of *data* lie as
    they do in Western text of that form; ``""`` otherwise."""
    sample = data[:2048]
    if sample.count(0) * 3 < len(sample) or len(sample) < 4:
        return ""
    zeros = [sample[i::4].count(0) * 4 / len(sample) > 0.6 for i in range(4)]
    match zeros:
        case [False, True, True, True]:
            return "utf-32-le"
        case [True, True, True, False]:
            return "utf-32-be"
        case [False, True, False, True]:
            return "utf-16-le"
        case [True, False, True, False]:
            return "utf-16-be"
    return ""


def _ascii_readings(data: bytes) -> tuple[str, ...]:
    """Bytes that need no charset, and still may have one that hides in them."""
    ascii_text = data.decode("ascii") if data.isascii() else _rescued(data, _likelier(data))
    if shown := zero_pattern(data):
        return (ascii_text, _rescued(data, shown))
    if b"\x1b$" in data:  # ISO-2022: an escape sequence begins Japanese or Korean
        return (ascii_text, _rescued(data, "iso2022_jp_ext"), _rescued(data, "iso2022_kr"))
    return (ascii_text,)


def _ascii_inside(data: bytes, name: str) -> tuple[str, ...]:
    """A byte order mark before plain ASCII is a lie, or a trick: read the ASCII too."""
    if name == "utf-8" or data.count(0) * 4 >= len(data):
        return ()
    return (_rescued(data, _likelier(data)),)


def _likelier(data: bytes) -> str:
    """UTF-8 with some broken bytes, or Windows-1252? In UTF-8 most bytes above ASCII form sequences."""
    sample = data[:65536]
    high = sum(len(run) for run in _HIGH.findall(sample))
    formed = sum(len(run) for run in _SEQUENCE.findall(sample))
    return "utf-8" if formed * 2 > high else _FALLBACK


def _other_page(data: bytes) -> str:
    """The code page of DOS or of old Macs, when more Danish letters come of *data* in it than in Windows-1252;
    ``""`` otherwise. Files that programs write for one another (CSV) still come in them, and no label tells so."""

    def fits(letters: bytes) -> int:
        return len(data) - len(data.translate(None, letters))

    found, page = max((fits(letters), page) for page, letters in _OTHER_PAGES.items())
    return page if found > fits("æøåÆØÅ".encode("cp1252")) else ""


# Without "Æ" of DOS and "Æ" and "Ø" of Macs: an apostrophe, a registered mark and a macron in Windows-1252.
_OTHER_PAGES = {"cp850": "æøåØÅ".encode("cp850"), "mac_roman": "æøåÅ".encode("mac_roman")}
_HIGH = re.compile(rb"[\x80-\xff]+")
_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf][\x80-\xbf][\x80-\xbf]"
)


def is_foreign(data: bytes, charset: str = "") -> bool:
    """Whether *data*, whose *charset* is said to be a Western one or is not told, is no text of Western letters."""
    name = codec_for(charset)
    if (name and name not in _WESTERN) or _strict(data, "utf-8") is not None:
        return False
    return _is_foreign(data) and not ebcdic.seems(data)


_WESTERN = frozenset(("cp1252", "utf-8"))  # HTML tells its charset twice: in the header and in its own head


def _is_foreign(data: bytes) -> bool:
    """Whether *data*, which is no UTF-8, is no text of Western letters either: EBCDIC, Cyrillic without a name, noise.
    A line of one sign counts once: programs of DOS drew tables with them."""
    if _likelier(data) == "utf-8":
        return False
    sample = _SAME.sub(rb"\1", data[:65536])
    high = len(sample) - len(sample.translate(None, _ABOVE_ASCII))
    return high >= _FEWEST_HIGH and high * _HIGH_SHARE > len(sample)


_SAME = re.compile(rb"([\x80-\xff])\1+")
_ABOVE_ASCII = bytes(range(0x80, 0x100))
_FEWEST_HIGH, _HIGH_SHARE = 8, 3  # "æøåÆØÅ" are six; of a Danish text one letter in thirty is high


def _strict(data: bytes, name: str) -> str | None:
    if name in ebcdic.NAMES:
        return ebcdic.decoded(data, name)
    try:
        return data.decode(name)
    except (UnicodeError, ValueError, LookupError):
        return None


def _rescued(data: bytes, name: str) -> str:
    """*data* in *name*, each byte that does not fit as its Windows-1252 character."""
    if name == _FALLBACK:
        return codecs.charmap_decode(data, "strict", _CP1252)[0]
    text = _strict(data, name)
    if text is not None:
        return text
    _rescues.left = _MAX_RESCUES
    try:
        return data.decode(name, _RESCUE)
    except (UnicodeError, ValueError, LookupError, OverflowError):
        return codecs.charmap_decode(data, "strict", _CP1252)[0]


_RESCUE = "segl.rescue"
_rescues = threading.local()  # how many more bytes of the text being decoded in this thread may be rescued


def _rescue(error: UnicodeError) -> tuple[str, int]:
    """A decoding error handler that keeps the bytes, and gives up on a text that is full of errors."""
    if not isinstance(error, UnicodeDecodeError) or _rescues.left <= 0:
        raise error
    _rescues.left -= 1
    end = max(error.end, error.start + 1)
    return "".join(_CP1252[b] for b in error.object[error.start : end]), end


codecs.register_error(_RESCUE, _rescue)


@lru_cache(maxsize=256)
def has_ascii(name: str) -> bool:
    """Whether ASCII bytes mean themselves in this codec, whatever stands around them."""
    if name.startswith(("utf-7", "iso2022", "hz")):
        return False
    return _strict(_ASCII, name) == _ASCII.decode() or name in ("cp932", "shift_jis")


@lru_cache(maxsize=256)
def _single_byte(name: str) -> bool:
    """Whether the codec gives one character for every byte."""
    return len(bytes(range(0x80, 0x100)).decode(name, "replace")) == 128
