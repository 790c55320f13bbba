"""Words before a subject: those with which a sender asks (``sikker:``), and those that only we may write.

Both are known however they are written: in other letter cases and widths, with blanks or invisible characters in them.
Letters of other scripts that only look alike are beyond this.

A sender's tag stays where it is, so that the answer to an answer is secure as well. It counts behind what mail
programs and gateways put before a subject (``SV:``, ``[EKSTERN]``), any number of times.

Where a tag of ours (``[inbound]`` ``tag_secure`` and its like) says to a reader that a message came encrypted, anybody
could write it before the subject of one that did not. So it is taken out of the subject of whatever comes in, wherever
it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from email.header import Header
from typing import Final

# Characters looked at; of a longer subject in which a tag stands, the rest is cut off.
LONGEST: Final = 32 * 1024
_MOST_KEPT: Final = 0x3000  # characters: all alphabets of Europe, and signs
_UNSEEN: Final = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp", "Mn"})
# What stands before a subject without being its beginning, as :func:`folded` leaves it: words for answers and for what
# is passed on, in the languages of a Danish mailbox (``RE:``, ``Svar:``, ``Re[2]:``), and anything in brackets, as
# gateways and mailing lists write (``[EKSTERN]``). A bound on its length keeps the search linear.
_BEFORE: Final = re.compile(
    r"(?:(?:automatisk|auto|automatic)?"
    r"(?:re|res|ref|reply|sv|svar|aw|antw|antwort|rv|odp|vl|va"
    r"|fw|fwd|forward|vs|vb|videresendt|videresend|vidarebefordrat|videresending|wg|tr|enc|i|doorst)"
    r"(?:\[\d{1,4}\]|\(\d{1,4}\)|\^?\d{1,4})?"
    r"|ekstern|external|ext|extern):"
    r"|\[[^\[\]]{0,64}\]|\([^()]{0,64}\)|\*{1,3}(?:ekstern|external|extern|ext)\*{1,3}"
)


def leading_tags(subject: str, tags: Collection[str]) -> frozenset[str]:
    """Those of *tags* with which *subject*, as a reader sees it, begins; in a row of them, all."""
    wanted: dict[str, set[str]] = {}  # two tags may be written differently and be one to a reader
    for tag in tags:
        if letters := folded(tag):
            wanted.setdefault(letters, set()).add(tag)
    lengths = sorted(set(map(len, wanted)))
    text = folded(subject[:LONGEST])
    found: set[str] = set()
    at = 0
    while True:
        here = [length for length in lengths if text[at : at + length] in wanted]
        found.update(*(wanted[text[at : at + length]] for length in here))
        if here:
            at += here[-1]
        elif before := _BEFORE.match(text, at):
            at = before.end()
        else:
            return frozenset(found)


def without_tags(subject: str, tags: Collection[str]) -> str | None:
    """*subject*, as a reader sees it, with none of *tags* in it; ``None`` when there was none."""
    wanted = {letters for tag in tags if (letters := folded(tag))}
    if not wanted:
        return None
    text = subject[:LONGEST]
    seen: list[tuple[str, int]] = []
    removed: set[int] = set()
    for at, char in enumerate(text):
        for letter in folded(char):
            seen.append((letter, at))
            for (
                tag
            ) in wanted:  # what stood around one that goes may become another: looked at letter by letter
                if letter == tag[-1] and "".join(one for one, _ in seen[-len(tag) :]) == tag:
                    removed.update(range(seen[-len(tag)][1], at + 1))
                    del seen[-len(tag) :]
                    break
    if not removed:
        return None
    return " ".join("".join(char for at, char in enumerate(text) if at not in removed).split())


def tag_word(tag: str) -> str:
    """What a tag says, without how it is written: ``sikker`` of ``Sikker:`` and ``[sikker]``."""
    return tag.strip().casefold().strip("[]: ")


def encoded(text: str, line_end: str = "\r\n") -> str:
    """*text* as the value of a field. Half a character (of UTF-16) has no bytes: a question mark stands for it."""
    text = text.encode("utf-8", "replace").decode()
    return text if text.isascii() else Header(text, "utf-8").encode(linesep=line_end)


def folded(text: str) -> str:
    """*text* as it is compared: in small letters of ordinary width, without accents and what cannot be seen.

    Character by character: a row of accents in no order costs a quadratic time to sort.
    """
    return text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """What is left of each character, as :meth:`str.translate` wants it. Kept of those that subjects here are made of:
    of all there are it would take a worker 150 MB."""

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code)).casefold()
        left = "".join(part for part in parts if unicodedata.category(part) not in _UNSEEN)
        if code < _MOST_KEPT:
            self[code] = left
        return left


_FOLDED: Final = _Folded()
