"""The features of the recogniser of names (``persons.crfsuite``, :mod:`.recogniser`), of each word: its
spelling, its parts, its case, and its neighbours.

A recogniser that knows names by heart fails on the next name, so most of this is about form: capitals, endings
("-sen", "-lund"), likeness to names, the word before ("fru", "i", "fra") and the word after ("A/S",
"siger"). The features are strings, short on purpose: the trained file keeps each of them once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from segl_classifier.understanding.likeness import Likeness

TITLES = frozenset(
    """hr hr. fru frk frk. dr dr. kære hej hils hilsen mvh vh mr mr. mrs mrs. ms ms. herr frau herrn
    advokat læge overlæge sygeplejerske tandlæge psykolog lærer lærerinde professor direktør formand formanden
    næstformand kasserer bogholder sagsbehandler konsulent ingeniør montør borger borgeren kunde kunden
    medarbejder patient patienten elev eleven min mor far søn datter bror søster kone mand kæreste""".split()
)
COMPANY_ENDS = frozenset(
    "a/s aps i/s k/s p/s ivs amba a.m.b.a. a.m.b.a ab gmbh ag ltd ltd. inc inc. as asa oy".split()
)
_REMEMBERED = 500  # words: the frequent ones; 1 KB each


@lru_cache(maxsize=_REMEMBERED)
def _of_word(word: str) -> tuple[str, ...]:
    """What can be said of *word* by itself."""
    low = word.lower()
    own = [f"w={low}", f"s={_shape(word)}", f"c={_case(word)}"]
    if word[:1].isalpha():
        own += [f"a{n}={low[:n]}" for n in (2, 3) if len(low) > n]
        own += [f"z{n}={low[-n:]}" for n in (1, 2, 3, 4) if len(low) > n]
    if "-" in word:
        own.append(f"h={low.rsplit('-', 1)[1]}")
    if low in COMPANY_ENDS:
        own.append("company")
    return tuple(own)


@lru_cache(maxsize=_REMEMBERED)
def _beside(word: str) -> tuple[str, str, str]:
    """What *word* says as a neighbour: its spelling, its case, what kind of word it is."""
    low = word.lower()
    kind = "title" if low in TITLES else "company" if low in COMPANY_ENDS else low[-3:]
    return low, _case(word), kind


def forget_words() -> None:
    """Keep none of the words that came by."""
    _of_word.cache_clear()
    _beside.cache_clear()


def features_of(words: Sequence[str], likeness: Likeness) -> list[list[str]]:
    """The features of each of *words*, the tokens of one passage in order."""
    beside = [("^^", "^", "^"), ("^", "^", "^"), *map(_beside, words), ("$", "$", "$"), ("$$", "$", "$")]
    like = [None, *map(likeness.of, words), None]
    found = []
    for number, word in enumerate(words):
        (b2, bc2, _), (b1, bc1, bk1), (_, case, _), (n1, nc1, nk1), (n2, nc2, _) = beside[number : number + 5]
        features = [
            *_of_word(word),
            f"-1={b1}",
            f"-1k={bk1}",
            f"-1c={bc1}{case}",
            f"-2c={bc2}{bc1}{case}",
            f"-2={b2}",
            f"+1={n1}",
            f"+1k={nk1}",
            f"+1c={case}{nc1}",
            f"+2c={case}{nc1}{nc2}",
            f"+2={n2}",
        ]
        before, own, after = like[number : number + 3]
        if own:
            features += (f"n1={own[0]}{case}", f"n2={own[1]}{case}", f"nm={max(own)}")
        if before:
            features.append(f"-n1={before[0]}")
        if after:
            features.append(f"+n2={after[1]}")
        found.append(features)
    return found


def _case(word: str) -> str:
    """A for capitals, a for small letters, Aa for a capital first, 0 for digits, else the sign itself."""
    if word.isalpha():
        if word.islower():
            return "a"
        if len(word) == 1 or (word[0].isupper() and word[1:].islower()):
            return "Aa"
        return "A" if word.isupper() else "aA"
    if word.isdigit():
        return "0"
    if any(c.isalpha() for c in word):
        return "Aa-" if word[0].isupper() else "a-"
    return word[:1]


def _shape(word: str) -> str:
    """*word* with letters and digits as kinds, runs of more than three cut: ``H.C.`` → ``A.A.``."""
    kinds = "".join(
        "A" if c.isupper() else "a" if c.isalpha() else "0" if c.isdigit() else c for c in word[:20]
    )
    shown = ""
    for kind in kinds:
        if shown[-3:] != kind * 3:
            shown += kind
    return shown
