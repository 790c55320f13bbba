"""Words that say little against a personal number, since offices number what they name by the person: "sagen
010190-1234" is a case, and its number may be that of the person whom it concerns. So may a customer's, or a paper's.

How little depends on the word, on the number (:class:`.about.About`), and on whether "nr." stands between the two
(*numbered*): then the thing has a number of its own.
"""

from __future__ import annotations

from segl_classifier.cpr.context.about import About
from segl_classifier.cpr.context.said import CALLED_A_PERSONS
from segl_classifier.cpr.vocabulary.number_of import OF_PEOPLE, NumberOf
from segl_classifier.cpr.vocabulary.words import Kind, Word

_CALLED_HERS, _CALLED_A_MATTER = -0.2, -0.45  # of ten digits in a row
_CALLED_OTHERWISE = -0.25  # of six digits, a blank and four, which say less than with a hyphen


def is_of_file(word: Word, about: About, *, numbered: bool) -> bool:
    """Whether *word* says what the file is in whose name the number stands: "journal_0101901234.pdf"."""
    own = word.numbers or numbered
    return word.kind is Kind.MATTER or (
        about.living and word.other in (NumberOf.CASE, NumberOf.PAPER, NumberOf.MARK) and not own
    )


def may_be_a_persons(word: Word, about: About, *, numbered: bool) -> bool:
    """Whether the thing is one that offices name by the person it concerns: "Sagen 010190-1234". With "nr."
    to it ("sagsnr.") it has a number of its own, but for the number of a customer or a patient's journal,
    which often is the personal number."""
    if about.likely and (
        word.other in OF_PEOPLE
        or (
            word.other in (NumberOf.BOOKING, NumberOf.PAPER, NumberOf.THING)
            and not (word.numbers or numbered)
        )
    ):
        return True
    return word.other is NumberOf.PHONE or (word.other in (NumberOf.CASE, NumberOf.MARK) and not word.numbers)


def weight(word: Word, about: About, *, numbered: bool) -> float:
    """Of a word that says little; "henvisning 0101901234" is a personal number as much as its digits say."""
    if about.living and word.other is NumberOf.PERSONS_MATTER and not (word.numbers or numbered):
        return _CALLED_HERS
    if about.living and about.spaced:
        return _CALLED_OTHERWISE
    return CALLED_A_PERSONS if about.divided else _CALLED_A_MATTER
