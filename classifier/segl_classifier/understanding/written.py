"""How people write, and what is read of it: the words of a sentence.

A link is one word to a person and a hundred pieces to a network, which reads no more of a window than that: what stood
behind the link in its sentence would be read by none. Of a link only where it leads is read. Who writes in capitals is
read as if he did not: to the stages most words in capitals are strange ones.
"""

from __future__ import annotations

import re

LONGEST_WORD = 100  # characters
_FEW = 12  # letters: so many capitals may be an abbreviation or a heading
_CAPITALS = 0.9  # of the letters, from which on a sentence is one in capitals

# Host and the beginning of the path; the rest is what programs say to each other, and the name of the path is at times
# what a person called a file.
_LINK = re.compile(r"((?:https?://|www\.)[^\s/?#<>]++(?:/[^\s?#<>%]{0,60}+)?)[^\s<>]*+", re.IGNORECASE)


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
