"""Words that say no more than that here stands a value: "værdi: ", "value=", "indhold: ".

Such a word hides a word for the personal number that stands before it: "cpr, værdi: 0101901234". So a second walk goes
on over it. Whatever else that walk meets makes a number no less likely one than it was without it, but for few
things: a text that stands in an invoice ("Faktura, tekst: 010190-1234") is not the number of the invoice.
"""

from __future__ import annotations

from segl.vocabulary import Adjustment
from segl_classifier.cpr.context import named
from segl_classifier.cpr.context.about import About
from segl_classifier.cpr.context.leftwards import BORN, Walk
from segl_classifier.cpr.context.said import NOTHING, Lookup, Said
from segl_classifier.cpr.context.window import Above
from segl_classifier.cpr.vocabulary.words import Kind, Word, value

_OTHER_NUMBER = 9  # digits
_A_VALUE = Adjustment("called a value, and no more", -0.1)
_VALUE_OF = Adjustment("called a value of some thing", -0.2)


class Values(Walk):
    """A walk that passes words for any value at no cost, and the short lines before them."""

    __slots__ = ("alone", "far", "lines", "next_to", "passed")

    def __init__(self, pieces: list[str], find: Lookup, about: About, above: Above | None = None) -> None:
        super().__init__(pieces, find, about, above)
        self.passed = False  # some word for a value
        self.far = False  # one that is never part of a sentence: "værdi", not "tekst"
        self.alone = False  # it is the label of what stands in the line below
        self.lines = 0  # above the line of that word
        self.next_to = False  # the thing that was reached stands right before it: "Faktura indhold"

    def _word(self, at: int, piece: str) -> Said | None:
        this = self.find.key(piece)
        if not value(this):
            return super()._word(at, piece)
        word = self.find.word(this)
        self.passed = True
        self.far = self.far or word.kind is Kind.OTHER
        self.alone = self.label and self.seen == 0 and (at == 0 or self.pieces[at - 1] == "\n")
        self.label = False  # the line above may be the label: "CPR", "Værdi" and the number, each in a line
        if word.kind is not Kind.OTHER:
            return None
        said = super()._other(at, word, named.previous(self.pieces, at, self.find))
        return said if said is not None and said.kind is Kind.CPR else None

    def _other(self, at: int, word: Word, earlier: str) -> Said | None:
        if self.far and self.seen == 1 and not self.lines:
            self.comma = False  # '"type": "ordre", "value": …'
        said = super()._other(at, word, earlier)
        if not self.passed or said is None or said.kind is Kind.CPR:
            return said
        if self.far and (said.kind is not Kind.OTHER or named.answered(self.pieces, at)):
            return None
        if self.lines > self.alone:
            return NOTHING
        self.next_to = at + 1 < len(self.pieces) and value(self.find.key(self.pieces[at + 1]))
        return said

    def _person_says(self, this: str) -> bool:
        return not self.far and super()._person_says(this)

    def _passes_number(self, at: int, piece: str) -> bool:
        passes = super()._passes_number(at, piece)
        taken = self.far and sum(map(str.isdigit, piece)) >= _OTHER_NUMBER
        return passes and not taken  # "cpr: 010190-1234, value: …": that one has its number

    def _passes_line(self, at: int) -> bool:
        self.lines += self.passed
        return super()._passes_line(at)

    def _may_be_below_label(self) -> bool:
        return self.far or super()._may_be_below_label()  # a value's may stand some short lines above


def beyond_values(said: Said, over: Values, *, by_value: bool) -> Said:
    """*said*, or what the walk *over* values says instead. *by_value*: a word for any value was the last that bore
    on *said*."""
    beyond = over.walk()
    if beyond.kind is Kind.CPR or beyond.kind is Kind.REPLACEMENT or beyond is BORN:
        return beyond
    if over.about.divided:
        alone = by_value and said.kind is Kind.OTHER and beyond.kind is not Kind.OTHER
        return Said(Kind.UNKNOWN, (_A_VALUE,)) if alone else said
    if beyond.kind is Kind.OTHER and over.next_to and said.kind is Kind.UNKNOWN:
        return Said(Kind.UNKNOWN, (*said.adjustments, _VALUE_OF))
    return said
