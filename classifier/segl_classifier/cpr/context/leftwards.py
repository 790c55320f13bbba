"""The words before a number.

From the number the walk goes left, word by word, until one says what the number is. It ends at the end of
the sentence, of a line that was not merely wrapped, and at another value. A noun says what the number is
when nothing but small words stands between them, or when *er*, *is*, *ist* leads back to it ("ordrenr. for
pumpen er …"). After a preposition or a name it does not: "faktura til 010190-1234" is an invoice to a
person. Whether a word for the personal number further to the left outweighs the one that was reached is asked of
:mod:`.named`, and what stands before a word for any value ("værdi: ") of :mod:`.values`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from segl.vocabulary import Adjustment
from segl_classifier.cpr.context import named, of_persons
from segl_classifier.cpr.context.about import About
from segl_classifier.cpr.context.said import (
    BIRTHDAY,
    CALLED_CPR,
    CALLED_OTHER,
    CALLED_REPLACEMENT,
    CPR_NEARBY,
    DENIED,
    NOT,
    PERSON,
    PERSON_NEARBY,
    SEEMS,
    Lookup,
    Said,
    called,
    look,
    of_a_unit,
    say,
)
from segl_classifier.cpr.context.window import Above, pieces_between, with_above
from segl_classifier.cpr.vocabulary import small_words as smallwords
from segl_classifier.cpr.vocabulary.number_of import HAPPENS, NumberOf
from segl_classifier.cpr.vocabulary.words import (
    CUSTOMER_NUMBER,
    Kind,
    Word,
    also_name,
    ends_pair,
    numbered,
    own,
    pair,
    replaces,
    thing,
    value,
)

BORN = say(Kind.UNKNOWN, "a birthday is named before it", BIRTHDAY)
_MOST_WORDS = 9
_NEAR = 4  # pieces that are looked at before a word
_ENDS_CLAUSE = frozenset("\n.!?:;,")
_DIVIDED = re.compile(r"\d{6}[-./]\d{4}|\d\d(?P<sign>[-./])\d\d(?P=sign)\d\d[-./]\d{4}")


class Walk:
    """One walk over *pieces*. *above* is where in the text what stands above the line of the number begins and ends: it
    is taken into pieces when the walk gets there, or looks there."""

    __slots__ = (
        *("about", "above", "at_value", "cells", "find", "pieces", "values"),
        *("colon", "comma", "copula", "has", "initial", "label", "listed", "names", "number", "person"),
        *("preposition", "ranges", "seen", "semicolon", "subject", "touching", "unknown", "valued", "writer"),
    )

    def __init__(self, pieces: list[str], find: Lookup, about: About, above: Above | None = None) -> None:
        self.pieces = pieces
        self.above = above
        self.find = find
        self.about = about
        self.cells = about.cells
        self.seen = 0  # words passed so far
        self.unknown = 0  # of them, words that are in no table
        self.names = 0  # of these, capitalised ones right before the number
        self.initial = False  # the one before the number begins the sentence
        self.touching = False  # an unknown noun stands right before the number
        self.number = False  # "nr.", "nummer", right before the number
        self.copula = False  # "er", "is", "lautet", right before the number
        self.has = False  # "har", "fik"
        self.preposition = False
        self.ranges = False  # "fra", "from", right before the number
        self.person = False
        self.writer = False  # the person is the writer: "vi har skiftet pumpe 0101901234"
        self.subject = False  # "han er 010190-1234"
        self.comma = self.colon = self.semicolon = False
        self.label = False  # the end of a line above that is a label
        self.valued = False  # another value: what names that, does not name the number
        self.listed = False  # other numbers of nine digits or more
        self.at_value = False  # the word that was reached last is one for any value
        self.values = False  # some word was

    def walk(self) -> Said:
        at = len(self.pieces)
        while at > 0 and self.seen < _MOST_WORDS:
            at -= 1
            piece = self.pieces[at]
            if piece[0].isalpha():
                said = self._word(at, piece)
                if said is not None:
                    return said
            elif piece[0].isdigit():
                if not self._passes_number(at, piece):
                    break
            elif piece == ")":
                closes = self._reach(at, named.OPENS)
                at = named.opening(self.pieces, closes)
                if named.in_brackets(self.pieces, at, closes, self.find):
                    return self._called_cpr()
            elif piece == "\n" and not self.about.row:
                at = self._reach(at, named.OPENS)
                if not self._passes_line(at):
                    break
            elif not self._passes_sign(at, piece):
                break
        return self._hints()

    def _reach(self, at: int, back: int) -> int:
        """The index of ``pieces[at]`` once so many before it, if there are any, are among them."""
        if self.above is None or at >= back:
            return at
        before = pieces_between(*self.above)
        self.above = None
        self.pieces = before + self.pieces
        return at + len(before)

    # Numbers and signs: does the walk go on behind them?

    def _passes_number(self, at: int, piece: str) -> bool:
        digits = sum(c.isdigit() for c in piece)
        if digits >= 9 and self._is_alike(piece):
            self.listed = True
            return True
        if digits in ((4, 8) if self.about.file else () if self.seen or self.about.divided else (4,)):
            return True  # a year or a day in the name of a file; the registration number before an account
        if named.is_length(self.pieces, at, self.find):
            return True
        self.valued = True
        self.unknown += digits <= 3
        return digits <= 3

    def _is_alike(self, piece: str) -> bool:
        """Whether a number of nine digits or more may be of one list with this one: "Sagsnr. 2026-11470" is none with
        070761-4285."""
        return _DIVIDED.fullmatch(piece) is not None if self.about.divided else piece.isdecimal()

    def _passes_sign(self, at: int, piece: str) -> bool:
        if piece == "\n":  # within a row
            return False
        if piece in "\t|;":
            crossed, self.cells = self.cells, False
            self.semicolon = piece == ";"
            return crossed and self.seen == 0
        if piece == ".":
            earlier = self.pieces[at - 1] if at else ""
            short = self.find.key(earlier)
            if self.copula and self.seen == 2 and self.pieces[at + 1].lower() in smallwords.REFERS:
                return True  # "Jeg har hans cpr. Det er 010190-1234."
            initial = len(earlier) == 1 and earlier.isupper()  # "Erik H. Svane"
            return (
                initial
                or short in smallwords.ABBREVIATED
                or short.endswith("nr")
                or not earlier[:1].isalnum()
            )
        if piece == ":":
            self.colon = True
        elif piece == ",":
            self.comma = True
        elif piece == "#":
            self.number = True
        return piece not in "!?…"

    def _passes_line(self, at: int) -> bool:
        """A line ends before the number: go on if it is wrapped, or a label of what stands below it."""
        line = named.line_before(self.pieces, at)
        if not line or all(piece == ">" for piece in line):
            return False
        if named.wrapped(line):
            return True
        if not self._may_be_below_label():
            return False
        self.label = True
        return line[0] == ":" or sum(piece[0].isalpha() for piece in line) <= 3

    def _may_be_below_label(self) -> bool:
        return not (self.seen or self.label)

    # Words.

    def _word(self, at: int, piece: str) -> Said | None:
        """What this word says; ``None`` to go on."""
        this = self.find.key(piece)
        word = look(piece, this, self.find)
        kind = word.kind
        self.seen += 1
        self.at_value = value(this)
        self.values = self.values or self.at_value
        if kind is Kind.UNKNOWN and not ends_pair(this):
            self._unknown(at, piece)  # as most are
            return None
        above = self.above if kind in (Kind.OTHER, Kind.MATTER) and not self.about.row else None
        earlier = named.previous(*with_above(self.pieces, at, above), self.find)
        if kind is Kind.NUMBER and numbered(earlier):
            word, kind = CUSTOMER_NUMBER, CUSTOMER_NUMBER.kind
        if kind is Kind.CPR or pair(earlier, this):
            return self._personal(at, earlier)
        if kind is Kind.REPLACEMENT:
            return say(Kind.REPLACEMENT, "the text calls it a replacement number", CALLED_REPLACEMENT)
        if self.about.file and of_persons.is_of_file(word, self.about, numbered=self.number):
            return None  # "journal_0101901234.pdf": what the file is
        if kind in (Kind.OTHER, Kind.MATTER) and not self._is_name(at, this):
            return self._other(at, word, earlier)
        if kind is Kind.BIRTH and self.unknown <= 2:
            return BORN
        if kind is Kind.NUMBER and self._somebodys(earlier):
            return say(Kind.UNKNOWN, "called somebody's own number", BIRTHDAY)
        if kind is Kind.PERSON:
            if self._person_says(this):
                return say(Kind.UNKNOWN, "a person is named before it", PERSON)
            self.writer = this in smallwords.WRITER and (self.writer or not self.person)
            self.person = True
            self.subject = self.subject or (self.copula and self.unknown == 0)
        elif kind in (Kind.UNKNOWN, Kind.OTHER, Kind.MATTER):
            self._unknown(at, piece)
        else:
            self._small(kind, this)
        return None

    def _person_says(self, this: str) -> bool:
        """Whether a word for a person, reached now, is all that is to be said."""
        apart = self.comma or self.copula or (self.has and this in smallwords.PRONOUNS)
        return self.unknown == 0 and not apart

    def _small(self, kind: Kind, this: str) -> None:
        """Words that say nothing by themselves."""
        if kind is Kind.PREPOSITION:
            self.ranges = self.seen == 1 and this in smallwords.FROM
            self.preposition = True
        elif self.unknown == 0:
            self.number = self.number or kind is Kind.NUMBER
            self.copula = self.copula or kind is Kind.COPULA
            self.has = self.has or this in smallwords.HAVE

    def _somebodys(self, earlier: str) -> bool:
        """ "mit nummer", "patientens nr.": the word before makes the number somebody's own."""
        return own(earlier) or (earlier.endswith("s") and self.find.word(earlier).kind is Kind.PERSON)

    def _is_name(self, at: int, this: str) -> bool:
        """ "Bo Ring 010190-1234", where the word could be a name and follows one."""
        if at == 0 or not also_name(this):
            return False
        first, last = self.pieces[at - 1 : at + 1]
        known = self.find.word(self.find.key(first)).kind is not Kind.UNKNOWN
        return first[:1].isupper() and last[:1].isupper() and not known

    def _unknown(self, at: int, piece: str) -> None:
        if self.seen == 1 and len(piece) <= 5 and piece.isupper():
            return  # a code before the number: "container BOJU 010190-1234"
        capital = piece[0].isupper() and not thing(self.find.key(piece))
        if self.unknown == 0 and self.seen - self.number <= 1 and not self.comma and not capital:
            self.touching = not self._is_verb(at)
        if capital and self.names == self.unknown:
            self.names += 1
            self.initial = self.seen == 1 and (at == 0 or self.pieces[at - 1] in "\n.!?:(>*•–-")
        self.unknown += 1

    def _is_verb(self, at: int) -> bool:
        """Whether the words before make ``pieces[at]`` a verb: "har spærret", "kan du rette", "at flytte"."""
        earlier = named.previous(self.pieces, at, self.find)
        return earlier in smallwords.SUBJECTS or (
            earlier in smallwords.HAVE_DONE and self.pieces[at].endswith(("t", "ed"))
        )

    def _personal(self, at: int, earlier: str) -> Said:
        """A word for a CPR number was reached."""
        at = self._reach(at, _NEAR)
        near = [self.find.key(piece) for piece in self.pieces[max(0, at - _NEAR) : at]]
        if _seems(near):
            return say(Kind.UNKNOWN, "the text says that it only looks like a CPR number", DENIED)
        if earlier in NOT or (earlier in smallwords.ARTICLES and len(near) > 1 and near[-2] in NOT):
            return say(Kind.UNKNOWN, "the text says that it is not a CPR number", DENIED)
        if replaces(earlier):
            return say(Kind.REPLACEMENT, "the text calls it a replacement number", CALLED_REPLACEMENT)
        return self._called_cpr()

    def _called_cpr(self) -> Said:
        if self.unknown == 0:
            return say(Kind.CPR, "called a CPR number", CALLED_CPR)
        return say(Kind.CPR, "a CPR number is named before it", CPR_NEARBY)

    def _other(self, at: int, word: Word, earlier: str) -> Said | None:
        """A word for some other thing was reached."""
        if word.other is NumberOf.PRODUCTION_UNIT and not of_a_unit(self.pieces[at], unit=self.about.unit):
            return None
        if named.cpr_in_it(self.pieces, at, self.find) or (
            word.other is NumberOf.SERIAL and named.behind_birthday(self.pieces, at, self.find)
        ):
            return say(Kind.CPR, "a CPR number is named before it", CPR_NEARBY)
        in_a_place = self.find.word(earlier).kind is Kind.PREPOSITION and self.find.key(
            self.pieces[at]
        ).endswith(smallwords.DEFINITE)
        if in_a_place and self.about.divided and not word.numbers and not self.copula:
            self.unknown += 1  # "i telefonen: 010190-1234"
            return None
        if self.find.mentions and self._cpr_before(at):
            return say(Kind.CPR, "a CPR number is named before it", CPR_NEARBY)
        if not self._names_it(word) or (word.other is NumberOf.AMOUNT and self._is_paid(at)):
            return self._hints()
        if self.about.personal and word.other is NumberOf.REGISTERED_COMPANY:
            return self._hints()
        weak = word.kind is Kind.MATTER or (
            self.about.divided and of_persons.may_be_a_persons(word, self.about, numbered=self.number)
        )
        before = self.find.word(earlier)
        if before.kind is Kind.OTHER and (
            before.other is not NumberOf.PAPER or word.other is not NumberOf.PAPER
        ):
            weak = False  # "contract reference": the word before says of what
        by = of_persons.weight(word, self.about, numbered=self.number) if weak else CALLED_OTHER
        if self.comma and not self.copula:
            by /= 2
        elif self.unknown:
            by *= 0.85
        said = called(word.other, round(by, 2))
        if word.numbers or self.number or self.at_value:
            return said
        if word.kind is not Kind.MATTER and word.other not in HAPPENS:
            return said
        # A line above: what it is about, so what is below it may be anybody's.
        return self._hints() if self.label and self.about.living else replace(said, yields=True)

    def _is_paid(self, at: int) -> bool:
        """Whether another number stands before ``pieces[at]``, the name of a coin: "500 kr. 070761-4285". So many of a
        thing are of that number ("4 stk. 1102134455"), if it is made like no personal number."""
        counts = self.about.bare and not (self.about.living or self.comma or "\n" in self.pieces[at:])
        counted = counts and self.seen == 1 and self.find.key(self.pieces[at]) in smallwords.COUNTED
        return at > 0 and self.pieces[at - 1][0].isdigit() and not counted

    def _cpr_before(self, at: int) -> bool:
        """Whether a word for a CPR number before this one names the number all the same."""
        pieces = self.pieces
        if self.above is not None and at < named.SHORTLY:
            pieces = pieces_between(*self.above) + pieces
            at += len(pieces) - len(self.pieces)
        if named.or_cpr(pieces, at, self.find):
            return True
        if self.valued or self.listed:
            return False
        return named.cpr_shortly_before(pieces, at, self.find, likely=self.about.likely)

    def _names_it(self, word: Word) -> bool:
        """Whether a word for some other thing, reached now, is what the number is called."""
        if word.numbers and self.listed and self.colon:
            return True  # "stationsnumre: Nord 0101901234, Syd 0202901234"
        if self.valued:
            return False
        if self.ranges and word.numbers and self.unknown == 0:
            return True  # "serienumre fra 0101901234 til 0102901234"
        if not self.copula and (self.preposition or (self.names and not word.numbers)):
            return False
        if (self.comma or self.semicolon or self.subject) and not word.numbers:
            return False
        return self.unknown <= (4 if self.copula else 1 if word.numbers else 0)

    def _begins_with_one_word(self) -> bool:
        """ "Kolbe 0101901234": a name or a thing. Six digits, a hyphen and four are a person's all the same."""
        if not self.initial or self.names != 1 or self.number or self.comma or self.colon or self.label:
            return False
        return self.about.spaced or not self.about.divided

    def _hints(self) -> Said:
        """What can be said when nothing names the number."""
        hints = []
        thing_before = self.touching and (self.number or not self.about.divided)
        if thing_before:
            by = -0.25 if self.about.divided else -0.2 if self.number else -0.1
            hints.append(Adjustment("a word for something unknown stands before it", by))
        elif self._begins_with_one_word():
            by = -0.15 if self.about.divided else -0.1
            hints.append(Adjustment("a sentence begins with one word before it, a name or a thing", by))
        if self.names >= 2:
            hints.append(Adjustment("a name stands before it", PERSON))
        elif self.number and self.about.recent and not self.touching:
            hints.append(Adjustment("called a number, and begins with a day of these years", -0.2))
        elif self.number and self.about.bare and not self.touching:
            hints.append(Adjustment("called a number, and no more", -0.1))
        elif self.person and not (thing_before and self.writer):
            hints.append(Adjustment("a person is named before it", PERSON_NEARBY))
        return Said(Kind.UNKNOWN, tuple(hints))


def _seems(near: list[str]) -> bool:
    """Whether the words *near* before one for the number say that it only looks so: in its own clause, "ligner et"."""
    last = next((piece for piece in reversed(near) if piece in SEEMS or piece in _ENDS_CLAUSE), "")
    return last in SEEMS
