"""Words before a subject that only we may write: ``[inbound]`` ``tag_secure`` and its like.

Where such a tag says to a reader that a message came encrypted, anybody could write it before the subject of one that
did not. So it is taken out of the subject of whatever comes in, wherever it stands and however it is written: in
other letter cases and widths, with blanks or invisible characters in it. Letters of other scripts that only look
alike are beyond this.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from email.header import Header
from typing import Final

LONGEST: Final = (
    32 * 1024
)  # characters looked at; of a longer subject in which a tag stands, the rest is cut off
_UNSEEN: Final = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp", "Mn"})


def without_tags(subject: str, tags: Collection[str]) -> str | None:
    """*subject*, as a reader sees it, with none of *tags* in it; ``None`` when there was none."""
    wanted = {folded for tag in tags if (folded := _folded(tag))}
    if not wanted:
        return None
    text = subject[:LONGEST]
    seen: list[tuple[str, int]] = []
    removed: set[int] = set()
    for at, char in enumerate(text):
        for letter in _folded(char):
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


def _folded(text: str) -> str:
    return "".join(
        char
        for char in unicodedata.normalize("NFKD", text).casefold()
        if unicodedata.category(char) not in _UNSEEN
    )
