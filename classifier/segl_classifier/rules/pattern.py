r"""Patterns of a rule file: RE2, so that none can be written that takes for ever.

RE2 (https://github.com/google/re2/wiki/Syntax) matches in time proportional to the text, whatever the
pattern; in exchange it has no look-around and no back-references. Two things are done to what a person
wrote: case is ignored (``(?-i)`` in front brings it back), and ``\b``, which RE2 knows only between ASCII
letters (``\bære`` would never match), becomes a test that knows all letters. That test takes up the character
beside the word, so ``\b`` may stand only at the outside of a pattern or of its alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import re2

MAX_PATTERN = 500
_MEMORY = 4 << 20  # bytes one pattern may take: refused at load, not found out in traffic

_EDGE = r"[^\pL\pN_]"
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[A-Za-z-]*[:)]|\(\?P?<\w+>|[()|]|.", re.S)


def options() -> Any:
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.log_errors = False
    chosen.max_mem = _MEMORY
    return chosen


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as *written*, as RE2 gets it, and compiled."""

    written: str
    expanded: str
    compiled: Any

    def __str__(self) -> str:
        return f"/{self.written}/"

    def spans(self, text: str, limit: int = 16) -> Iterator[tuple[int, int]]:
        """Where it matches in *text* (a passage: offsets are found by counting), at most *limit* times."""
        for count, match in enumerate(self.compiled.finditer(text)):
            if count == limit:
                return
            yield match.span()


def parse_pattern(written: str) -> Pattern:
    """The pattern *written*. Raises :class:`ValueError` with what is wrong and what would do."""
    if not written.strip():
        raise ValueError("is empty")
    if len(written) > MAX_PATTERN:
        raise ValueError(f"has more than {MAX_PATTERN} characters")
    expanded = expand_edges(written)
    try:
        compiled = re2.compile(expanded, options())
    except re2.error as fault:
        text = fault.args[0] if fault.args else ""
        reason = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        raise ValueError(f"is no RE2 pattern: {reason or 'it could not be read'}") from None
    for probe in ("", "x", " "):
        match = compiled.search(probe)
        if match and (probe == "" or match.start() == match.end()):
            raise ValueError("matches nothing at all, so it would match every message")
    return Pattern(written, expanded, compiled)


def expand_edges(written: str) -> str:
    r"""*written*, each ``\b`` made a test that knows all letters. Raises :class:`ValueError` if misplaced."""
    atoms = _ATOM.findall(written)
    out = []
    for index, atom in enumerate(atoms):
        if atom == r"\B":
            raise ValueError(r"uses \B, which knows only ASCII letters")
        if atom != r"\b":
            out.append(atom)
        elif _at_start(atoms[:index]):
            out.append(f"(?:^|{_EDGE})")
        elif _at_end(atoms[index + 1 :]):
            out.append(f"(?:$|{_EDGE})")
        else:
            raise ValueError(r"has \b in the middle: there, say what stands between, such as [ ,]+ or \s+")
    return "".join(out)


def _opens(atom: str) -> bool:
    return atom.startswith("(")


def _at_start(before: list[str]) -> bool:
    """Whether nothing but opening brackets and whole alternatives stand before."""
    depth = 0
    in_alternative = False  # reading leftwards through an alternative that is another branch
    for atom in reversed(before):
        if atom == ")":
            depth += 1
        elif _opens(atom) and not atom.endswith(")"):
            if depth:
                depth -= 1
            else:
                in_alternative = False
        elif depth == 0 and atom == "|":
            in_alternative = True
        elif depth == 0 and not in_alternative and not _opens(atom) and atom != "^":
            return False
        if depth and not in_alternative:
            return False
    return True


def _at_end(after: list[str]) -> bool:
    """Whether nothing but closing brackets and whole alternatives follow."""
    depth = 0
    in_alternative = False
    for atom in after:
        if _opens(atom) and not atom.endswith(")"):
            depth += 1
        elif atom == ")":
            if depth:
                depth -= 1
            else:
                in_alternative = False
        elif depth == 0 and atom == "|":
            in_alternative = True
        elif depth == 0 and not in_alternative and atom != "$":
            return False
        if depth and not in_alternative:
            return False
    return True
