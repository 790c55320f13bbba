"""How people write, and what is read of it: where a sentence ends, and its words.

A link is one word to a person and a hundred pieces to a network, which reads no more of a window than that: what stood
behind the link in its sentence would be read by none. Of a link only where it leads is read. Who writes in capitals is
read as if he did not: to the stages most words in capitals are strange ones. Who writes no capitals ends his sentences
all the same, some leave out the blank behind a stop, some all stops: a very long sentence is read clause by clause. A
sentence may go on in the next line, and a word, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl_classifier.stops import ends_none

LONGEST_WORD = 100  # characters
_FEW = 12  # letters: so many capitals may be an abbreviation or a heading
_CAPITALS = 0.9  # of the letters, from which on a sentence is one in capitals

# Written with one set of characters in front, so that the search leaps from one of them to the next. Each run of signs
# is looked at once, from its first: from each of them, a line of dots would take for ever. Behind a
# single stop there may be no blank, if it stands between two words ("hospital.She is", but no "kommunen.Example/nyt").
# A colon ends none within its line: what stands behind it is said of whom or of what stands before. Pictures of faces
# and the like stand in the place of stops, or behind them.
_RUN = r"(?<=[.!?…])(?<![.!?…]{2})[.!?…]*+"
_MARKS = r"[\"”»')\]*_~]*+"
_BEHIND = rf"{_MARKS}\s++"
_NO_BLANK = r"(?<=[a-zæøåäöü]{2}[.!?])(?=[A-ZÆØÅÄÖÜ][a-zæøåäöü]*+\s)"
_PICTURES = "\u2600-\u27bf\U0001f300-\U0001faff"
_JOINER, _SMILES = "[\u200d\ufe0f]?", r"-?[()DP](?=\s)"
_FACE = (
    rf"(?:(?<=[{_PICTURES}]){_JOINER}|(?<=\s[:;]){_SMILES})"
    rf"(?:[{_PICTURES}]{_JOINER}|(?<=\s)[:;]{_SMILES})*+\s*+"
)
_ENDS = rf"[.!?…\n:;{_PICTURES}]", rf"(?<=\n)\n*+|{_FACE}"
_END = re.compile(rf"{_ENDS[0]}(?:{_RUN}(?:{_BEHIND}(?=[^a-zæøåäöü])|{_NO_BLANK})|{_ENDS[1]})")
_END_IN_SMALL = re.compile(rf"{_ENDS[0]}(?:{_RUN}(?:{_BEHIND}|{_NO_BLANK})|{_ENDS[1]})")
_STOP = re.compile(rf"[.!?…](?<=[a-zæøåäöü]{{3}}[.!?…])[.!?…]*+{_MARKS} (?:([a-zæøåäöü])|[A-ZÆØÅÄÖÜ])")

# Host and the beginning of the path; the rest is what programs say to each other, and the name of the path is at times
# what a person called a file.
_LINK = re.compile(r"((?:https?://|www\.)[^\s/?#<>]++(?:/[^\s?#<>%]{0,60}+)?)[^\s<>]*+", re.IGNORECASE)


# A line goes on in the next where it is no short one, ends no sentence, and the next begins with a small letter. A word
# in two lines is one, unless a second word is meant ("for- og bagside").
_GOES_ON = re.compile(r"\n(?<=[^\n]{24}\n)(?<![.!?:…]\n)[ \t>]*+(?=[a-zæøåäöü])")
_PARTED = re.compile(
    r"-(?<=[^\W\d_]{2}-)[ \t\r]*+\n[ \t>]*+(?=[a-zæøåäöü])(?!(?:og|eller|samt|til|and|or|to|och|eller|und|oder)\b)"
)
# L e t t e r s  with a blank behind each, and words with more.
_SPACED = re.compile(r"(?<!\S)[^\W\d_](?: {1,3}[^\W\d_](?![^\s.!?,])){5,}+")
_BLANK = re.compile("(?<! ) (?! )")
NOTHING = "\u00ad"  # in the place of what is left out; of the texts' own it was taken out before

# The marks by which words are made bold in plain text.
_DRESS = re.compile(r"(?<![^\s(\"'])[*_~]{1,3}(?=\w)|(?<=[\w.!?,:])[*_~]{1,3}(?![^\s.,;:!?)\"'])")

LONGEST_SENTENCE = 30  # words: a longer one may be several that no stop parts
_CLAUSE = range(5, 16)  # words of its clauses, where commas or dashes part them so; else the most of them
_WORD = re.compile(r"\S+")
_PARTS = ",;:)"
_DASHES = "-–—|/•·"


def sentences(paragraph: str) -> Iterator[tuple[int, int]]:
    """From where to where the sentences of *paragraph* go, with the blanks behind; it is :func:`joined`."""
    start = 0
    for end in _ends(paragraph):
        yield start, end.end()
        start = end.end()
    yield start, len(paragraph)


def joined(paragraph: str) -> str:
    """*paragraph* with its lines and words in one, where they were parted: blanks, or what :func:`words` leaves out,
    stand in the place of what parted them, each other character in its own."""
    paragraph = paragraph.replace("\xa0", " ")
    if 5 * paragraph.count(" ") > 2 * len(paragraph):
        paragraph = _SPACED.sub(lambda word: _BLANK.sub(NOTHING, word[0]), paragraph)
    if "\n" in paragraph:
        if "-" in paragraph:
            paragraph = _PARTED.sub(lambda end: NOTHING * len(end[0]), paragraph)
        paragraph = _GOES_ON.sub(lambda end: " " * len(end[0]), paragraph)
    return paragraph


def clauses(sentence: str) -> Iterator[tuple[int, int]]:
    """From where to where the clauses of *sentence* go, if it is a long one."""
    start = first = 0
    found = [word.span() for word in _WORD.finditer(sentence)] if len(sentence) > 2 * LONGEST_SENTENCE else []
    for number, (low, high) in enumerate(found if len(found) > LONGEST_SENTENCE else ()):
        parted = not sentence[low:high].strip(_DASHES) or (
            number and sentence[found[number - 1][1] - 1] in _PARTS
        )
        if number - first >= (_CLAUSE.start if parted else _CLAUSE.stop - 1):
            yield start, low
            start, first = low, number
    yield start, len(sentence)


def _ends(paragraph: str) -> Iterator[re.Match[str]]:
    """Where the sentences of *paragraph* end. A stop before a small letter is most often that of an abbreviation; where
    there are more of those than before capitals, each is the end of a sentence."""
    found = (_END_IN_SMALL if _in_small(paragraph) else _END).finditer(paragraph)
    return (end for end in found if end[0][0] != "." or not ends_none(paragraph, end.start(), end.end()))


def _in_small(paragraph: str) -> bool:
    small = [bool(before) for before in _STOP.findall(paragraph)]
    return 2 * sum(small) > len(small)


def words(text: str) -> list[str]:
    """The words of *text*, links cut short. One without end is a file: in pieces, so that no tokenizer gets it
    whole."""
    if "://" in text or "www." in text:
        text = _LINK.sub(r"\1", text)
    if NOTHING in text:
        text = text.replace(NOTHING, "")
    if "*" in text or "_" in text or "~" in text:
        text = _DRESS.sub("", text)
    found = text.split()
    if len(text) > LONGEST_WORD and any(len(word) > LONGEST_WORD for word in found):
        return [w[i : i + LONGEST_WORD] for w in found for i in range(0, len(w), LONGEST_WORD)]
    return found


def in_small(sentence: str) -> str:
    """*sentence*, in small letters where it is written in capitals."""
    capitals = sum(map(str.isupper, sentence))
    if capitals > _CAPITALS * _FEW:
        letters = sum(map(str.isalpha, sentence))
        if letters > _FEW and capitals >= _CAPITALS * letters:
            return sentence.lower().capitalize()
    return sentence
