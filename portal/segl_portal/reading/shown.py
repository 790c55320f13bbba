"""Header fields and file names as they may be shown and saved: no control characters, nothing that turns the
reading direction, no paths, of bounded length.

A stranger wrote them. ``Løn\\u202exslx.exe`` would be read as ``Lønexe.xlsx`` (U+202E turns the direction), a
name may hold ``../``, and a display name may be the address of somebody else."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_tz
from itertools import islice
from typing import Final

from segl.mail.address_lists import Named, named
from segl.mime.encoded_words import shown_header

LONGEST_LINE: Final = 300  # characters of a header field that are shown
LONGEST_NAME: Final = 120  # characters of a file name
MOST_NAME_BYTES: Final = 240  # as UTF-8; ext4 holds 255, and a browser may add " (1)"
MOST_MAILBOXES: Final = 200  # addresses of one field that are shown
_HEADER: Final = 20_000  # characters of a field that are looked at

# Format characters that change the order of others, or are not seen (Unicode TR 36 and UAX 9).
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*/\\]')
# Of devices, whatever stands behind the dot (Microsoft, "Naming Files, Paths, and Namespaces").
_DEVICES = re.compile(
    r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\..*)?", re.IGNORECASE
)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}\Z")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whom a field names. ``name`` is what stands beside the address, or empty. An ``address`` is shown beside a
    name always: the name alone says nothing about who that is."""

    name: str
    address: str


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """*text* on one line, without what is not seen, of at most *longest* characters."""
    text = _BLANKS.sub(" ", _UNSEEN.sub("", _HALF_PAIR.sub("\ufffd", text[: 4 * longest]))).strip()
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def is_blank(text: str) -> bool:
    """Whether there is nothing in *text* that is seen."""
    return not _BLANKS.sub("", _UNSEEN.sub("", text))


def header_line(value: str) -> str:
    """An undecoded header value as one line."""
    return one_line(shown_header(value[:_HEADER]))


def message_date(value: str) -> datetime | None:
    """The time in a Date field (RFC 5322 §3.3), with its offset as UTC; ``None`` when it tells none."""
    try:
        found = parsedate_tz(_BLANKS.sub(" ", value[:200]))
        if found is None:
            return None
        moment = datetime(*found[:6], tzinfo=UTC).timestamp() - (found[9] or 0)
        return datetime.fromtimestamp(moment, UTC)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Those in an address field (RFC 5322 §3.4), the members of groups among them; those without an address
    are kept by their name. Encoded words are decoded after the field is divided, so that none can forge an
    address."""
    boxes = (_mailbox(one) for one in islice(named(value[:_HEADER]), MOST_MAILBOXES))
    return tuple(box for box in boxes if box.name or box.address)


def _mailbox(one: Named) -> Mailbox:
    return Mailbox(one_line(" ".join(map(_unquoted, one.words))), one_line(_raw(one.address), 320))


def _unquoted(word: str) -> str:
    if word[0] in '"(':
        word = re.sub(r"\\(.)", r"\1", word[1:].removesuffix('"' if word[0] == '"' else ")"), flags=re.DOTALL)
    return shown_header(word)


def _raw(text: str) -> str:
    """Raw 8-bit text of an address; encoded words have no place there."""
    return shown_header(text.replace("=?", "= ?"))


def safe_name(name: str, otherwise: str) -> str:
    """*name* as a file may be saved under it on any system; *otherwise* when nothing of it is left."""
    name = unicodedata.normalize("NFC", one_line(name, 1_000).removesuffix("…"))
    name = re.split(r"[/\\]", name.rstrip("/\\ "))[-1]
    name = _NOT_IN_NAMES.sub("_", name).strip(" .")
    if not name.strip("_- ."):
        return otherwise
    if _DEVICES.fullmatch(name):
        name = f"_{name}"
    extension = found[0] if (found := _EXTENSION.search(name)) else ""
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME - len(extension)].rstrip(" .") + extension
    while len(name.encode()) > MOST_NAME_BYTES:
        name = name[: -len(extension) - 1].rstrip(" .") + extension
    return name
