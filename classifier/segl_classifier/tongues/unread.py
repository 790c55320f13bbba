"""Text in a language that nobody here reads, in Latin letters: the model knows Danish, English, Swedish, Norwegian and
German, and so do the rules. Of a letter in Turkish or Faroese it understands a name and a loanword, and finds nothing.

A language is told by its frequent words, and by lower-case words with letters that the five do not use. Names,
addresses and links have neither. A line counts where it has more of them than frequent words of the five: so a title,
a phrase, a motto within a Danish sentence is part of that sentence, and a letter below a Danish line is a letter. A few
words alone are a greeting; Latin is a motto, a term, or text that stands in for text. What programs put below and above
a mail in their owner's language is none of it (:mod:`.standing`).

Most mail is let pass by two questions in .01 ms: whether any two words of the foreign ones are in it, and any letters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from typing import Final

from ahocorasick_rs import BytesAhoCorasick

from segl.vocabulary import Tongue
from segl_classifier.latin import LOWER, in_latin
from segl_classifier.tongues import standing
from segl_classifier.tongues.foreign import FREQUENT, LETTERS
from segl_classifier.tongues.ours import LATIN, OURS, SHARED

# What is found of a language: words that tell, of which a word that others have, too, counts half.
_FEWEST = 4.0  # together
_FEWEST_TELLING = 2  # different ones, of three letters or more, of which a word is in the list …
_FEWEST_UNLISTED = 4  # … or so many that only look like it
_FEWEST_LETTERS = 3  # foreign ones, before words are looked at
_ONE_IN = 6  # words of the lines that are in it
_LEAST_OF_LINE = 0.4  # of its letters and signs are in words: less is a table, a program, or noise
_SENTENCE = 4  # words; in a shorter line, of a menu or a list, each counts half
_SURE = 40.0  # from here on no more is read

_LATIN: Final = "latin"
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    **{tongue: frozenset(words.split()) for tongue, words in FREQUENT.items()},
    _LATIN: frozenset(LATIN.split()),
}
_OURS: Final = frozenset(OURS.split())
_TELLING: Final = frozenset().union(*_WORDS.values()) - _OURS - frozenset(SHARED.split())
_TELLING_BUT_LATIN: Final = _TELLING - _WORDS[_LATIN]
# The same for texts of Latin-1, in which one automaton finds all words that stand between two blanks.
_IN_BLANKS: Final = BytesAhoCorasick(
    [b" %b " % data for word in sorted(_TELLING_BUT_LATIN) if (data := in_latin(word)) is not None]
)
_TO_WORDS: Final = bytes(0x20 if chr(code).isspace() else LOWER[code] for code in range(256))
_LANGUAGES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(language for language, words in _WORDS.items() if word in words)
    for word in frozenset().union(*_WORDS.values())
}
# Letters in which the five write no words but loans of them ("café", "façade", "maître") and stress ("dér").
_LOANED = "æøåäöüßéèêàâçëïôûî"
_FOREIGN_LETTERS: Final = "".join(sorted(set("".join(LETTERS.values())) - set(_LOANED)))
_FOREIGN_LETTER: Final = re.compile(f"[{_FOREIGN_LETTERS}]")
_IN_LATIN: Final = _FOREIGN_LETTERS.encode("latin-1", "ignore")
_IN_WINDOWS: Final = _FOREIGN_LETTERS.encode("cp1252", "ignore")
# How long words look in languages that have few short ones: a q that is no "qu", two vowels, endings.
_LOOKS: Final = (
    (
        re.compile("q(?!u)"),
        (Tongue.GREENLANDIC, Tongue.SOMALI, Tongue.ALBANIAN, Tongue.KURDISH, Tongue.ARABIC),
    ),
    (
        re.compile("(?:[vp](?:unga|ugut|utit|usi|oq|ut)|lu(?:gu|ni|tik)|ngila[aq]|ssaaq)$|galuar|neqar|nngi"),
        (Tongue.GREENLANDIC,),
    ),
    (re.compile("ää|yö|äö|(?:ss[aä]|[sl]tä|llä|ns[aä]|vät|iin|ksi|aan)$"), (Tongue.FINNISH, Tongue.ESTONIAN)),
)
# Words as people write them, no pieces of links, addresses, names of files and programs; "l'eau" is two.
_WORD: Final = re.compile(
    r"(?<![\w@./\\:_-])(?:[^\W\d_]{1,6}'(?=[^\W\d_])|[^\W\d_]{1,40}(?![\w@/\\=(<>\[{]|[.:]\w))"
)
_BEGINNING: Final = re.compile(r"(?:^[\W\d_]*|[.!?:] |[¿¡\"“„»«(])[^\W\d_](?=[^\W\d_]*[\s.,;:!?'-])")


def unread_language(text: str) -> Tongue | None:
    """The language of *text*, or of lines in it, if it is one that is not read; ``None`` if there is no more than a few
    words of any."""
    if not _may_be(text):
        return None
    found: defaultdict[str, float] = defaultdict(float)
    telling: dict[str, set[str]] = {}
    words = 0
    for line in standing.without(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")):
        tokens = _words_of(line)
        if sum(map(len, tokens)) < _LEAST_OF_LINE * len(line):
            continue
        weighed, told = _weigh(tokens, 1.0 if len(tokens) >= _SENTENCE else 0.5)
        if not told:
            continue
        best = max(told, key=lambda language: weighed[language] + len(told[language]))
        ours = sum(token in _OURS and token not in _WORDS[best] for token in tokens)
        if len(told[best]) <= ours:
            continue
        words += len(tokens)
        for language, score in weighed.items():
            found[language] += score
        for language, hits in told.items():
            telling.setdefault(language, set()).update(hits)
        if max(found.values()) >= _SURE:
            break
    if not telling:
        return None
    language = max(telling, key=lambda language: found[language] + len(telling[language]))
    if language == _LATIN or found[language] < max(_FEWEST, words / _ONE_IN):
        return None
    those = [word for word in telling[language] if len(word) > 2]
    is_told = len(those) >= _FEWEST_TELLING and not _TELLING.isdisjoint(those)
    return Tongue(language) if is_told or len(those) >= _FEWEST_UNLISTED else None


def _may_be(text: str) -> bool:
    """Whether it is worth a look: nearly all mail is none of it."""
    data = in_latin(text)
    return (
        _has_telling_words(text, data)
        or _foreign_letters(text, data) >= _FEWEST_LETTERS
        or text.count("q") - text.count("qu") >= _FEWEST_LETTERS
        or text.count("ää") + text.count("yö") >= _FEWEST_LETTERS
    )


def _has_telling_words(text: str, data: bytes | None) -> bool:
    """Whether enough words that tell stand in *text*, which is *data* in Latin-1."""
    if data is None:
        found: Set[object] = _TELLING_BUT_LATIN.intersection(text.lower().split())
    else:
        words = b" %b " % data.translate(_TO_WORDS)
        found = {word for word, *_ in _IN_BLANKS.find_matches_as_indexes(words, overlapping=True)}
    return len(found) >= _FEWEST_TELLING


def _foreign_letters(text: str, data: bytes | None) -> int:
    """How many letters of *text*, which is *data* in Latin-1, are such as the five languages do not use, and others
    that are not Western."""
    signs = _IN_LATIN
    if data is None:
        data, signs = text.encode("cp1252", "ignore"), _IN_WINDOWS
    return len(text) - len(data.translate(None, signs))


def _words_of(line: str) -> list[str]:
    """The words of *line* that are no names: those in small letters, and the first of each sentence."""
    if line.isupper():
        return _WORD.findall(line.lower())
    line = _BEGINNING.sub(lambda start: start[0].lower(), line)
    return [word for word in _WORD.findall(line) if word.islower()]


def _weigh(tokens: list[str], weight: float = 1.0) -> tuple[dict[str, float], dict[str, list[str]]]:
    """What *tokens* say for each language, *weight* for a word that tells, and which of them do."""
    weighed: defaultdict[str, float] = defaultdict(float)
    told: dict[str, list[str]] = {}
    for token in tokens:
        tells = token in _TELLING
        for language in _LANGUAGES_OF.get(token, ()) or _by_look(token):
            tells_it = tells or token not in _LANGUAGES_OF
            weighed[language] += weight if tells_it else weight / 2
            if tells_it:
                told.setdefault(language, []).append(token)
    return weighed, told


def _by_look(token: str) -> Iterator[str]:
    """The languages that *token* looks like: those that have all its letters, if the five have not."""
    if len(token) >= 2 and _FOREIGN_LETTER.search(token):
        for language, letters in LETTERS.items():
            if all(letter.isascii() or letter in letters for letter in token):
                yield language
    elif len(token) >= 5 and token not in _OURS:
        yield from next((languages for look, languages in _LOOKS if look.search(token)), ())
