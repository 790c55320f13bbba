r"""Patterns of a rule file: RE2, so that none can be written that takes for ever.

RE2 (https://github.com/google/re2/wiki/Syntax) matches in time proportional to the text, whatever the
pattern; in exchange it has no look-around and no back-references. Two things are done to what a person
wrote: case is ignored (``(?-i)`` in front brings it back), and ``\b``, which RE2 knows only between ASCII
letters (``\bære`` would never match), becomes a test that knows all letters. That test takes up the character
beside the word, so ``\b`` may stand only at the outside of a pattern or of its alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Generic, TypeVar

import re2

MAX_PATTERN = 500
# Bytes of the states that texts have led to so far: when it is full RE2 begins anew, and a text takes fifty times as
# long as one for which the states are there. Of the shipped patterns each set takes 2 to 3 MB on 28,000 texts.
_SET_MEMORY = 8 << 20
_MOST_SET_MEMORY = 64 << 20  # for so many patterns that the less does not hold them
_ONE_SET = 16  # patterns; of more, two sets have fewer states together than one
_GAP = re.compile(r"\{\d*,[3-9]\d\}")  # "(?:.{0,40} )?"
_CANARY = r"(?s)."  # matches in every text
_MEMORY = 4 << 20  # bytes one pattern may take: refused at load, not found out in traffic

# Not a letter, digit or _. The letters are those of the Latin, Greek and Cyrillic scripts: the full classes
# of Unicode, folded for case, would cost milliseconds to compile in each pattern.
_EDGE = r"(?-i:[^0-9A-Za-z_\x{aa}\x{b5}\x{ba}\x{c0}-\x{24f}\x{370}-\x{52f}])"
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[A-Za-z-]*[:)]|\(\?P?<\w+>|[()|]|.", re.S)


def options(memory: int = _MEMORY) -> Any:
    chosen = re2.Options()
    chosen.case_sensitive = False
    chosen.log_errors = False
    chosen.max_mem = memory
    return chosen


Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern as *written*, as RE2 gets it, and compiled."""

    written: str
    expanded: str
    compiled: Any

    def __str__(self) -> str:
        return f"/{self.written}/"


class PatternSet(Generic[Key]):
    """Many patterns, each belonging to a key, tried in a few passes.

    RE2 makes a state for each combination of beginnings that it meets. One with a long gap is begun for as long as
    that, and with others beside it there is a state for nearly each text: those are in a set of their own. In halves
    the others have fewer states than together.
    """

    __slots__ = ("_compiled", "_keys", "_sets")

    def __init__(self, patterns: Sequence[tuple[Pattern, Key]]) -> None:
        by_key: dict[Key, list[Pattern]] = {}
        for pattern, key in patterns:
            by_key.setdefault(key, []).append(pattern)
        self._compiled = {key: _joined(of_key) for key, of_key in by_key.items()}
        # Lists lend their patterns to rules and to conditions: each is searched for once.
        keys: dict[str, list[Key]] = {}
        for pattern, key in patterns:
            keys.setdefault(pattern.expanded, []).append(key)
        self._keys = keys
        # Of each set its patterns, and the set, if it could be compiled.
        self._sets = tuple(
            (some, _compiled_set(some, _SET_MEMORY) or _compiled_set(some, _MOST_SET_MEMORY))
            for some in _in_sets([*keys])
        )

    def matching(self, encoded: bytes) -> Sequence[Key]:
        """The keys of which a pattern matches somewhere in *encoded* (UTF-8).

        A set that runs out of memory answers "none"; the canary is missing then too, and all keys are
        returned, to be tried each by itself.
        """
        if not encoded:
            return ()
        found: dict[Key, None] = {}
        for patterns, of_patterns in self._sets:
            hits = (of_patterns.Match(encoded) if of_patterns else None) or ()
            canary = len(patterns)
            if canary not in hits:
                return tuple(self._compiled)
            if len(hits) > 1:  # in most texts the canary alone
                for index in sorted(hits):
                    if index < canary:
                        found.update(dict.fromkeys(self._keys[patterns[index]]))
        return tuple(found)

    def spans(self, key: Key, encoded: bytes) -> Iterator[tuple[int, int]]:
        """Where the patterns of *key* match, in characters. Counted forward once: RE2 answers in bytes."""
        at_byte = at_char = 0
        for match in self._compiled[key].finditer(encoded):
            low, high = match.span()
            start = at_char + len(encoded[at_byte:low].decode())
            end = start + len(encoded[low:high].decode())
            at_byte, at_char = high, end
            yield start, end


def _in_sets(patterns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """*patterns*, those of a set together."""
    gaps = tuple(pattern for pattern in patterns if _GAP.search(pattern))
    others = tuple(pattern for pattern in patterns if not _GAP.search(pattern))
    half = (len(others) + 1) // 2 if len(others) > _ONE_SET else len(others)
    return filter(None, (gaps, others[:half], others[half:]))


@lru_cache(maxsize=16)
def _compiled_set(patterns: tuple[str, ...], memory: int) -> Any:
    """A set of *patterns* and the canary; ``None`` when *memory* does not hold them and what it takes to search: then
    each is tried by itself. Kept: rules of one's own on top have seldom patterns, and the set is made anew with them
    alone."""
    made = re2.Set.SearchSet(options(memory))
    for pattern in patterns:
        made.Add(pattern)
    made.Add(_CANARY)
    try:
        made.Compile()
    except re2.error:
        return None
    return made if made.Match(b"x") else None


def _joined(patterns: Sequence[Pattern]) -> Any:
    """One compiled pattern that matches wherever one of *patterns* does."""
    if len(patterns) == 1:
        return patterns[0].compiled
    return re2.compile("|".join(f"(?:{p.expanded})" for p in patterns), options(_MOST_SET_MEMORY))


@cache
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
