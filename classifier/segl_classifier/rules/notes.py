"""Whether a piece of text is written as notes: abbreviations and figures, and hardly any of the little words that make
sentences. "Udskr. m. ilt 1 l/min, BT 142/91, ktr. 3 u." is, "Han blev udskrevet med ilt og skal til kontrol" is not.

Doctors write so, and so do mechanics: that it is about health must be told by its words.
"""

from __future__ import annotations

import re

REACH = 300  # characters, about 45 words
_LEAST_WORDS = 8
_MARKS = 0.18  # this share of the words, at least, are abbreviations, figures or signs …
_LITTLE = 0.20  # … and at most this share are little words;
_HARDLY = 0.10  # or hardly any are, whatever the others
_EDGES = ".,;:()[]!?\"'*"
_LITTLE_WORDS = frozenset(
    """
    og i at er en et den det de som på af til med for har ikke der jeg du vi han hun ham hende hans hendes sin sit sine
    din dit dine min mit mine vores vor jer jeres os sig men om kan skal vil blev bliver var være været fra så også når
    hvis hvor denne dette disse man dem deres eller da nu her havde ville skulle må kun efter ved ud op ind ned
    and the of to in is a that are you we it as be by or this have has from was will can not your our
    och att är som för inte av ett ska und die das ist mit für von zu sie ich wir ein eine dem im auf nicht
    """.split()
)
_MARK = re.compile(
    r"[^\W\d_]{1,9}\.[,;:)]*\s+(?=[a-zæøåäöü0-9])"  # "ktr. 3", "udskr. til": a stop within the sentence
    r"|[^\W\d_]\.[^\W\d_]\.?(?=\s|$)"  # "e.l."
    r"|\S*\d\S*"
    r"|\(?[A-ZÆØÅ][A-ZÆØÅa-z]?[A-ZÆØÅ]\S*"  # "EKG", "GCS:"
    r"|[-+×x<>≥≤%°=/](?=\s|$)"
)
_WORD = re.compile(r"\S+")


def is_notes(text: str) -> bool:
    """Whether *text*, some lines as they are shown, is written as notes."""
    words = marks = little = 0
    for word in _WORD.finditer(text):
        words += 1
        if word[0].strip(_EDGES).lower() in _LITTLE_WORDS:
            little += 1
        elif _MARK.match(text, word.start()):
            marks += 1
    enough = marks >= _MARKS * words and little <= _LITTLE * words
    return words >= _LEAST_WORDS and (enough or little <= _HARDLY * words)
