"""How people write, and what is read of it: where a sentence ends, and its words.

A link is one word to a person and a hundred pieces to a network, which reads no more of a window than that: what stood
behind the link in its sentence would be read by none. Of a link only where it leads is read. Who writes in capitals is
read as if he did not: to the stages most words in capitals are strange ones. Who writes no capitals ends his sentences
all the same, and some leave out the blank behind a stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_WORD = 100  # characters
_FEW = 12  # letters: so many capitals may be an abbreviation or a heading
_CAPITALS = 0.9  # of the letters, from which on a sentence is one in capitals

# Each run of signs is looked at once, from its first: from each of them, a line of dots would take for ever. Behind a
# single stop there may be no blank, if it stands between two words ("hospital.She is", but no "kommunen.Example/nyt").
# A colon ends none within its line: what stands behind it is said of whom or of what stands before.
_RUN = r"(?<![.!?…])[.!?…]++"
_MARKS = r"[\"”»')\]]*+"
_BEHIND = rf"{_MARKS}\s++"
_NO_BLANK = r"(?<=[a-zæøåäöü]{2}[.!?])(?=[A-ZÆØÅÄÖÜ][a-zæøåäöü]*+\s)"
_END = re.compile(rf"{_RUN}(?:{_BEHIND}(?=[^a-zæøåäöü])|{_NO_BLANK})|\n+")
_END_IN_SMALL = re.compile(rf"{_RUN}(?:{_BEHIND}|{_NO_BLANK})|\n+")
_STOP = re.compile(rf"[.!?…](?<=[a-zæøåäöü]{{3}}[.!?…])[.!?…]*+{_MARKS} (?:([a-zæøåäöü])|[A-ZÆØÅÄÖÜ])")

# Host and the beginning of the path; the rest is what programs say to each other, and the name of the path is at times
# what a person called a file.
_LINK = re.compile(r"((?:https?://|www\.)[^\s/?#<>]++(?:/[^\s?#<>%]{0,60}+)?)[^\s<>]*+", re.IGNORECASE)


def ends_of_sentences(paragraph: str) -> Iterator[re.Match[str]]:
    """Where the sentences of *paragraph* end, with the blanks behind. A stop before a small letter is most often that
    of an abbreviation; where there are more of those than before capitals, each is the end of a sentence."""
    return (_END_IN_SMALL if _in_small(paragraph) else _END).finditer(paragraph)


def _in_small(paragraph: str) -> bool:
    small = [bool(before) for before in _STOP.findall(paragraph)]
    return 2 * sum(small) > len(small)


def words(text: str) -> list[str]:
    """The words of *text*, links cut short. One without end is a file: in pieces, so that no tokenizer gets it
    whole."""
    if "://" in text or "www." in text:
        text = _LINK.sub(r"\1", text)
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
