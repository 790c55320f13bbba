"""Texts that have no characters but those of Latin-1, as most mail in Danish: what is done to one byte a character
costs a fraction of the same done to any character, and much cannot stand in such a text at all."""

from __future__ import annotations

import re2

LOWER = bytes(ord(chr(code).lower()) for code in range(256))  # to small letters, which are of Latin-1 as well


def in_latin(text: str) -> bytes | None:
    """*text* as one byte a character (Latin-1), ``None`` when it has others."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def small_letters(text: str) -> bytes:
    """*text* in small letters, one byte a character (Latin-1), with ``?`` for those that Latin-1 lacks."""
    return text.encode("latin-1", "replace").translate(LOWER)


def latin_options() -> re2.Options:
    """For an expression of RE2 over bytes: each of them is a character, of the expression and of the text."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return options
